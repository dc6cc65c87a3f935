# CNI ADD and DEL, as ipamd and the aws-cni plugin do them. Runs in all of the node's namespaces.
# shellcheck shell=bash

cni_add_locked() {
  exec 9> "$DIR/$1/lock"
  flock 9
  cni_add "$@"
}

cni_del_locked() {
  exec 9> "$DIR/$1/lock"
  flock 9
  cni_del "$@"
}

# cni_recycle_locked NODE POD NEWPOD ENI ADDRESS: DEL, a restart of ipamd, which forgets all cooldowns, and ADD.
cni_recycle_locked() {
  exec 9> "$DIR/$1/lock"
  flock 9
  cni_del "$1" "$2"
  rm -f "$DIR/$1"/cooldown/*
  write_enis_json "$1"
  log_startup "$1"
  cni_add "$1" "$3" "$4" "$5"
}

# random_uuid VARIABLE
random_uuid() { read -r "$1" < /proc/sys/kernel/random/uuid; }

# cni_add NODE NAMESPACE/NAME ENI [ADDRESS]
cni_add() {
  local node=$1 pod=$2 eni=$3 ip=${4:-} uuid part cid='' digest
  local table=${ROUTE_TABLE[$eni]} device=${DEVICE_NUMBER[$eni]} chosen=free
  random_uuid uuid
  for part in 1 2; do
    random_uuid digest
    cid+=${digest//-/}
  done
  digest=$(printf '%s' "${pod/\//.}" | sha1sum)
  local veth=eni${digest:0:11} netns=/var/run/netns/cni-$uuid
  log_add_request
  if [ -z "$ip" ]; then choose_address "$node" "$eni"; fi
  if [ -z "$ip" ]; then
    log_no_address
    log_failed_del
    fail "no free address on $node $eni: $POOL_SIZE are assigned or cooling down (30 s after a delete); use --ip to force one"
  fi
  pool_addresses "$node/$eni"
  [[ " ${POOL_ADDRESSES[*]} " = *" $ip "* ]] || log_new_address
  log_assigned
  start_pod_process
  wire_pod
  printf -v time '%s%03d' "${EPOCHREALTIME/./}" $((RANDOM % 1000))
  printf '%s %s %s %s %s %s\n' "$ip" "$eni" "$cid" "$veth" "$netns" "$time" > "$DIR/$node/pods/${pod/\//_}"
  rm -f "$DIR/$node/cooldown/$ip"
  log_wired
  write_ipam_state "$node"
}

# A used address that has left its cooldown goes first, then one that was never used: as ipamd does. Sets ip and chosen.
choose_address() {
  local address freed rest never=''
  eni_addresses "$1" "$2"
  for address in "${ENI_ADDRESSES[@]}"; do
    if grep -qs "^$address " "$DIR/$1"/pods/*; then continue; fi
    if [ ! -e "$DIR/$1/cooldown/$address" ]; then
      never=${never:-$address}
      continue
    fi
    read -r freed rest < "$DIR/$1/cooldown/$address"
    if [ $((EPOCHSECONDS - freed)) -ge 30 ]; then
      ip=$address chosen="$((EPOCHSECONDS - freed)) s"
      return 0
    fi
  done
  ip=$never
}

start_pod_process() {
  local names=()
  [[ $pod != infra/dns-* ]] || names=("$DIR/names")
  control_socket "$cid" socket
  "$PODD" pod "$LAB" "$node" "$pod" "$netns" "$socket" "$DIR/pod-resolv.conf" "${names[@]}" > /dev/null
}

wire_pod() {
  local mac ns=${netns##*/}
  printf -v mac '%02x:%02x:%02x:%02x:%02x:%02x' $((RANDOM & 0xfc | 2)) $((RANDOM & 255)) $((RANDOM & 255)) $((RANDOM & 255)) $((RANDOM & 255)) $((RANDOM & 255))
  {
    printf 'link add %s address %s mtu %s type veth peer name eth0 mtu %s netns %s\n' "$veth" "$mac" "$VPC_MTU" "$VPC_MTU" "$ns"
    printf 'link set %s up\nroute replace %s dev %s scope link\n' "$veth" "$ip/32" "$veth"
    printf 'rule add to %s lookup main priority 512\n' "$ip"
    [ "$table" = 254 ] || printf 'rule add from %s lookup %s priority 1536\n' "$ip" "$table"
  } | ip -batch -
  ip -n "$ns" -batch - <<IP
link set eth0 up
route add 169.254.1.1 dev eth0 scope link
route add default via 169.254.1.1 dev eth0
address add $ip/32 dev eth0
neighbour add 169.254.1.1 lladdr $mac dev eth0 nud permanent
IP
  local conf=/proc/sys/net/ipv6/conf/$veth
  if [ -d "$conf" ]; then
    echo 0 > "$conf/accept_ra"
    echo 1 > "$conf/accept_redirects"
    echo 0 > "$conf/forwarding"
  fi
}

# cni_del NODE NAMESPACE/NAME. Like the plugin it carries on when a part is gone already.
cni_del() {
  local node=$1 pod=$2 ip eni cid veth netns table device socket
  pod_record "$pod" || fail "no pod $pod on $node"
  ip=$POD_IP eni=$POD_ENI cid=$POD_CID veth=$POD_VETH netns=$POD_NETNS
  table=${ROUTE_TABLE[$eni]} device=${DEVICE_NUMBER[$eni]}
  find_processes
  [ -z "${PID_OF[$pod]:-}" ] || kill -KILL "${PID_OF[$pod]}"
  log_del_request
  ip rule del to "$ip" lookup main priority 512 2> /dev/null || true
  [ "$table" = 254 ] || ip rule del from "$ip" lookup "$table" priority 1536 2> /dev/null || true
  ip route del "$ip/32" dev "$veth" 2> /dev/null || true
  ip link del "$veth" 2> /dev/null || true
  umount "$netns" && rm -f "$netns"
  rm -f "$DIR/$node/pods/${pod/\//_}"
  control_socket "$cid" socket
  rm -f "$socket"
  printf '%s %s %s\n' "$EPOCHSECONDS" "$POD_TIME" "${EPOCHREALTIME/./}000" > "$DIR/$node/cooldown/$ip"
  log_del_done
  write_ipam_state "$node"
}
