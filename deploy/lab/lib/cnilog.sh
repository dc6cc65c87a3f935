# ipamd.log and plugin.log as releases 1.21 (iptables connmark) and 1.23 (nft connmark) write them. The functions read their caller's
# pod variables (node, pod, ip, eni, cid, veth, netns, table, device). Line numbers of "caller" are invented.
# shellcheck shell=bash disable=SC2154

cni_version() { if [ "$CONNMARK" = nft ]; then echo v1.23.0; else echo v1.21.1; fi; }

# log FILE ZONE LEVEL CALLER MESSAGE
log() {
  local now=$EPOCHREALTIME zone stamp text=${5//\\/\\\\}
  # ipamd's container runs in UTC, the plugin in the host's time zone; Go's layout writes a zero offset as Z.
  if [ "$2" = utc ]; then
    TZ=UTC0 printf -v stamp '%(%Y-%m-%dT%H:%M:%S)T' "${now%.*}"
    zone=Z
  else
    printf -v stamp '%(%Y-%m-%dT%H:%M:%S)T' "${now%.*}"
    printf -v zone '%(%z)T' "${now%.*}"
    zone=${zone/#+0000/Z}
  fi
  now=${now#*.}
  text=${text//\"/\\\"}
  printf '{"level":"%s","ts":"%s.%s%s","caller":"%s","msg":"%s"}\n' "$3" "$stamp" "${now:0:3}" "$zone" "$4" "${text//$'\n'/\\n}" \
    >> "/var/log/aws-routed-eni/$1.log"
}

ipamd() { log ipamd utc "$@"; }
plugin() { log plugin local "$@"; }

# Go's protobuf text puts one or two blanks between fields, by build: consumers must take both. Zero fields are not printed.
address_message() {
  local gap=' '
  [ "$node" = node-a ] || gap='  '
  printf -v "$1" 'IPv4Addr:"%s"' "$ip"
  if [ "$device" != 0 ]; then printf -v "$1" '%s%sDeviceNumber:%s' "${!1}" "$gap" "$device"; fi
  printf -v "$1" '%s%sRouteTableId:%s' "${!1}" "$gap" "$table"
}

log_startup() {
  local node=$1 eni name mac address
  log_daemon_start
  for name in eth0 eth1; do
    eni=$node/$name mac=${MAC[$eni]}
    log_eni
    eni_addresses "$node" "$name"
    for address in "${ENI_ADDRESSES[@]}"; do
      ipamd info datastore/data_store.go:390 "Adding $address/32 to DS for ${ENI_ID[$eni]}"
      ipamd info datastore/data_store.go:402 "Added ENI(${ENI_ID[$eni]})'s IP/Prefix $address/32 to datastore"
    done
  done
  log_recovery
}

log_daemon_start() {
  ipamd info logger/logger.go:56 "Constructed new logger instance"
  ipamd info aws-k8s-agent/main.go:62 "Starting L-IPAMD $(cni_version)  ..."
  ipamd debug awsutils/awsutils.go:452 "Found instance-type: m5.large "
  ipamd info networkutils/network.go:312 "Discovered primary interface: eth0"
  ipamd debug networkutils/network.go:402 "Setting up host network... "
  ipamd debug networkutils/network.go:611 "execute iptable rule : first jump to AWS-SNAT-CHAIN-0"
  for name in eth0 eth1; do
    eni=$node/$name mac=${MAC[$eni]}
    ipamd debug awsutils/awsutils.go:604 "Found ENI: ${ENI_ID[$eni]}, MAC $mac, device ${DEVICE_NUMBER[$name]}"
  done
}

log_eni() {
  ipamd info ipamd/ipamd.go:1110 "${ENI_ID[$eni]} is of type: interface"
  if [ "$name" != eth0 ]; then
    ipamd info networkutils/network.go:934 "Setting up network for an ENI with IP address ${PRIMARY[$eni]}, MAC address $mac, CIDR ${SUBNET[$node]}, route table ${ROUTE_TABLE[$name]} and Network Card 0"
  fi
  ipamd info ipamd/ipamd.go:1034 "ENI ${ENI_ID[$eni]} set up"
}

# What is in ipam.json comes back, cooldowns do not.
log_recovery() {
  local record ip eni cid rest found=no
  ipamd info ipamd/ipamd.go:505 "Begin ipam state recovery from backing store"
  for record in "$DIR/$node"/pods/*; do
    [ -e "$record" ] || continue
    read -r ip eni cid rest < "$record"
    ipamd debug datastore/data_store.go:480 "Recovered aws-cni/$cid/eth0 => ${ENI_ID[$node/$eni]}/$ip"
    found=yes
  done
  [ $found = yes ] || ipamd debug ipamd/ipamd.go:505 "backing store doesn't exists, assuming bootstrap on a new node"
  ipamd info ipamd/introspect.go:52 "Serving introspection endpoints on 127.0.0.1:61679"
}

# log_stats TOTAL ASSIGNED COOLING
log_stats() { ipamd debug ipamd/ipamd.go:765 "IP stats for Network Card 0 - total IPs: $1, assigned IPs: $2, cooldown IPs: $3"; }

cni_arguments() {
  printf -v "$1" 'K8S_POD_INFRA_CONTAINER_ID=%s;K8S_POD_UID=%s;IgnoreUnknown=1;K8S_POD_NAMESPACE=%s;K8S_POD_NAME=%s' "$cid" "$uuid" "${pod%/*}" "${pod#*/}"
}

log_add_request() {
  local arguments
  cni_arguments arguments
  plugin info routed-eni-cni-plugin/cni.go:140 "Received CNI add request: ContainerID($cid) Netns($netns) IfName(eth0) Args($arguments) Path(/opt/cni/bin) argsStdinData($(plugin_stdin ''))"
  plugin debug routed-eni-cni-plugin/cni.go:140 "MTU value set is $VPC_MTU:"
  ipamd info rpc/rpc_grpc.pb.go:117 "Received AddNetwork for NS $netns, Sandbox $cid, ifname eth0"
  ipamd debug ipamd/rpc_handler.go:94 "AddNetworkRequest: ClientVersion:\"$(cni_version)\" K8S_POD_NAME:\"${pod#*/}\" K8S_POD_NAMESPACE:\"${pod%/*}\" K8S_POD_INFRA_CONTAINER_ID:\"$cid\" ContainerID:\"$cid\" IfName:\"eth0\" NetworkName:\"aws-cni\" Netns:\"$netns\""
}

log_new_address() {
  ipamd info datastore/data_store.go:390 "Adding $ip/32 to DS for ${ENI_ID[$node/$eni]}"
  ipamd info datastore/data_store.go:402 "Added ENI(${ENI_ID[$node/$eni]})'s IP/Prefix $ip/32 to datastore"
}

log_assigned() {
  local message
  if [ "$chosen" = free ]; then
    ipamd debug datastore/data_store.go:871 "Found a free IP not in DB - $ip"
  else
    ipamd debug datastore/data_store.go:869 "IP $ip released from cooldown after ${chosen/ /}, available for reassignment in CIDR $ip/32"
  fi
  ipamd debug datastore/data_store.go:615 "New IP from CIDR pool- $ip"
  ipamd debug datastore/data_store.go:618 "Allocating new IP $ip from CIDR $ip/32 for pod"
  ipamd info datastore/data_store.go:712 "assignPodIPAddressUnsafe: Assign IP $ip to sandbox aws-cni/$cid/eth0 with metadata {K8SPodNamespace:${pod%/*} K8SPodName:${pod#*/} InterfacesCount:1}"
  address_message message
  ipamd info rpc/rpc_grpc.pb.go:117 "Send AddNetworkReply: Success: true IPAddr: [$message], resp: Success:true IPAllocationMetadata:{$message} VPCv4CIDRs:\"$VPC_CIDR\" NetworkPolicyMode:\"standard\", err: <nil>"
  plugin info routed-eni-cni-plugin/cni.go:140 "Received add network response from ipamd for container $cid interface eth0: Success:true IPAllocationMetadata:{$message} VPCv4CIDRs:\"$VPC_CIDR\" NetworkPolicyMode:\"standard\""
  plugin debug routed-eni-cni-plugin/cni.go:279 "SetupPodNetwork: hostVethName=$veth, contVethName=eth0, netnsPath=$netns, ipAddr=$ip/32, routeTableNumber=$table, mtu=$VPC_MTU"
}

log_wired() {
  [ "$CONNMARK" = nft ] || plugin debug driver/driver.go:286 "Successfully set IPv6 sysctls on hostVeth $veth"
  plugin debug driver/driver.go:286 "Successfully setup container route, containerAddr=$ip/32, hostVeth=$veth, rtTable=main"
  plugin debug driver/driver.go:286 "Successfully setup toContainer rule, containerAddr=$ip/32, rtTable=main"
  [ "$table" = 254 ] || plugin debug driver/driver.go:286 "Successfully setup fromContainer rule, containerAddr=$ip/32, rtTable=$table"
  plugin debug routed-eni-cni-plugin/cni.go:332 "Using dummy interface: {Name:dummy${veth#eni} Mac:0 Mtu:0 Sandbox:$device SocketPath: PciID:}"
}

log_no_address() {
  ipamd debug datastore/data_store.go:652 "DataStore has no available IP/Prefix addresses"
  ipamd warn ipamd/rpc_handler.go:180 "Failed to assign IPs from network card 0: AssignPodIPAddress: no available IP/Prefix addresses"
  ipamd info rpc/rpc_grpc.pb.go:117 "Send AddNetworkReply: Success: false IPAddr: [], resp: , err: AssignPodIPAddress: no available IP/Prefix addresses"
  plugin error routed-eni-cni-plugin/cni.go:140 "Failed to assign an IP address to container $cid"
}

# The runtime takes back what it had begun; ipamd does not know that sandbox.
log_failed_del() {
  local arguments
  cni_arguments arguments
  plugin info routed-eni-cni-plugin/cni.go:368 "Received CNI del request: ContainerID($cid) Netns($netns) IfName(eth0) Args($arguments) Path(/opt/cni/bin) argsStdinData($(plugin_stdin ''))"
  ipamd info rpc/rpc_grpc.pb.go:139 "Received DelNetwork for Sandbox $cid"
  ipamd debug ipamd/rpc_handler.go:291 "DelNetworkRequest: ClientVersion:\"$(cni_version)\" K8S_POD_NAME:\"${pod#*/}\" K8S_POD_NAMESPACE:\"${pod%/*}\" K8S_POD_INFRA_CONTAINER_ID:\"$cid\" Reason:\"PodDeleted\" ContainerID:\"$cid\" IfName:\"eth0\" NetworkName:\"aws-cni\""
  ipamd debug datastore/data_store.go:900 "UnassignPodIPAddress: Failed to find IPAM entry under full key, trying CRI-migrated version"
  ipamd warn datastore/data_store.go:905 "UnassignPodIPAddress: Failed to find sandbox _migrated-from-cri/$cid/unknown"
  ipamd info rpc/rpc_grpc.pb.go:139 "Send DelNetworkReply: IPAddress: [], err: datastore: unknown pod"
}

# log_exhaustion NODE REASON: the pool monitor's round that found nothing to add.
log_exhaustion() {
  local node=$1 eni=${ENI_ID[$1/eth1]} request code text error
  random_uuid request
  ipamd debug ipamd/ipamd.go:770 "IP pool is too low for Network Card 0: available (0) < ENI target (1) * addrsPerENI ($POOL_SIZE)"
  ipamd debug ipamd/ipamd.go:790 "Starting to increase pool size for network card 0"
  if [ "$2" = instance-limit ]; then
    ipamd debug ipamd/ipamd.go:905 "Skipping ENI allocation as the max ENI limit is already reached"
    return 0
  fi
  case $2 in
    subnet) code=InsufficientFreeAddressesInSubnet text="The specified subnet does not have enough free addresses to satisfy the request." ;;
    fragmentation) code=InsufficientCidrBlocks text="The specified subnet does not have enough free cidr blocks to satisfy the request." ;;
    throttling) code=RequestLimitExceeded text="Request limit exceeded." ;;
    iam) code=UnauthorizedOperation text="You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/lab-node-role/${INSTANCE_ID[$node]} is not authorized to perform: ec2:AssignPrivateIpAddresses on resource: arn:aws:ec2:eu-central-1:111122223333:network-interface/$eni because no identity-based policy allows the ec2:AssignPrivateIpAddresses action" ;;
  esac
  local status=400
  case $2 in throttling) status=503 ;; iam) status=403 ;; esac
  error="operation error EC2: AssignPrivateIpAddresses, https response error StatusCode: $status, RequestID: $request, api error $code: $text"
  ipamd info awsutils/awsutils.go:1640 "Trying to allocate 1 IP addresses on ENI $eni"
  ipamd error ipamd/ipamd.go:930 "Failed to allocate a private IP/Prefix addresses on ENI $eni: $error"
  case $2 in
    subnet | fragmentation)
      ipamd debug ipamd/ipamd.go:2301 "containsInsufficientCIDRsOrSubnetIPs encountered $code"
      ipamd error ipamd/ipamd.go:934 "Unable to attach IPs/Prefixes for the ENI, subnet doesn't seem to have enough IPs/Prefixes. Consider using new subnet or carve a reserved range using create-subnet-cidr-reservation"
      ipamd debug ipamd/ipamd.go:792 "Recently we had InsufficientCidr error hence will wait for 2m0s before retrying"
      ;;
  esac
}

# plugin_stdin PREVIOUS-RESULT: the configuration that containerd hands to the plugin.
plugin_stdin() {
  printf '{"cniVersion":"0.4.0","mtu":"%s","name":"aws-cni","pluginLogFile":"/var/log/aws-routed-eni/plugin.log","pluginLogLevel":"DEBUG","podSGEnforcingMode":"strict",%s"type":"aws-cni","vethPrefix":"eni"}' "$VPC_MTU" "$1"
}

log_del_request() {
  local previous arguments uuid=${netns##*/cni-}
  cni_arguments arguments
  printf -v previous '"prevResult":{"cniVersion":"0.4.0","interfaces":[{"name":"%s"},{"name":"eth0","mac":"%s","sandbox":"%s"},{"name":"dummy%s","mac":"0","sandbox":"%s"}],"ips":[{"version":"4","interface":1,"address":"%s/32"}],"dns":{}},' \
    "$veth" "$table" "$netns" "${veth#eni}" "$device" "$ip"
  plugin info routed-eni-cni-plugin/cni.go:368 "Received CNI del request: ContainerID($cid) Netns($netns) IfName(eth0) Args($arguments) Path(/opt/cni/bin) argsStdinData($(plugin_stdin "$previous"))"
  ipamd info rpc/rpc_grpc.pb.go:139 "Received DelNetwork for Sandbox $cid"
  ipamd debug ipamd/rpc_handler.go:291 "DelNetworkRequest: ClientVersion:\"$(cni_version)\" K8S_POD_NAME:\"${pod#*/}\" K8S_POD_NAMESPACE:\"${pod%/*}\" K8S_POD_INFRA_CONTAINER_ID:\"$cid\" Reason:\"PodDeleted\" ContainerID:\"$cid\" IfName:\"eth0\" NetworkName:\"aws-cni\""
}

log_del_done() {
  local message until
  TZ=UTC0 printf -v until '%(%Y-%m-%dT%H:%M:%SZ)T' $((EPOCHSECONDS + 30))
  ipamd info datastore/data_store.go:745 "unassignPodIPAddressUnsafe: Unassign IP $ip from sandbox aws-cni/$cid/eth0"
  ipamd debug ipamd/rpc_handler.go:353 "IP $ip entering cooldown period of 30s (available after $until)"
  ipamd info ipamd/rpc_handler.go:308 "UnassignPodIPAddress: sandbox aws-cni/$cid/eth0's ipAddr $ip, DeviceNumber $device"
  address_message message
  ipamd info rpc/rpc_grpc.pb.go:139 "Send DelNetworkReply: IPAddress: [$message], err: <nil>"
  plugin info routed-eni-cni-plugin/cni.go:368 "Received del network response from ipamd for pod ${pod#*/} namespace ${pod%/*} sandbox $cid: Success:true IPAddress:{$message}"
  plugin debug driver/driver.go:472 "TeardownPodNetwork: containerAddr=$ip/32, routeTable=$table"
  plugin debug driver/driver.go:286 "Successfully deleted toContainer rule, containerAddr=$ip/32, rtTable=main"
  [ "$table" = 254 ] || plugin debug driver/driver.go:286 "Successfully deleted fromContainer rule, containerAddr=$ip/32, rtTable=$table"
  plugin debug driver/driver.go:286 "Successfully deleted container route, containerAddr=$ip/32, rtTable=main"
}

cni_configuration() {
  cat <<JSON
{
  "cniVersion": "0.4.0",
  "name": "aws-cni",
  "disableCheck": true,
  "plugins": [
    {
      "name": "aws-cni",
      "type": "aws-cni",
      "vethPrefix": "eni",
      "mtu": "$VPC_MTU",
      "podSGEnforcingMode": "strict",
      "pluginLogFile": "/var/log/aws-routed-eni/plugin.log",
      "pluginLogLevel": "DEBUG",
      "capabilities": {"io.kubernetes.cri.pod-annotations": true}
    },
    {
      "name": "egress-cni",
      "type": "egress-cni",
      "mtu": "$VPC_MTU",
      "enabled": "false",
      "randomizeSNAT": "prng",
      "nodeIP": "",
      "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": "fd00::ac:00/118"}]],
        "routes": [{"dst": "::/0"}],
        "dataDir": "/run/cni/v4pd/egress-v6-ipam"
      },
      "pluginLogFile": "/var/log/aws-routed-eni/egress-v6-plugin.log",
      "pluginLogLevel": "DEBUG"
    },
    {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
  ]
}
JSON
}
