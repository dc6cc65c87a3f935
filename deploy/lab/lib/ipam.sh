# ipamd's state: which addresses the ENIs have, ipam.json, the answer of introspection. Runs in all of the node's namespaces.
# shellcheck shell=bash

# eni_addresses NODE ethN: the secondary addresses of an ENI into ENI_ADDRESSES: its pool, without what moved elsewhere, with what moved here;
# of an exhausted node only those in use.
eni_addresses() {
  local address owner file
  pool_addresses "$1/$2"
  for file in "$DIR"/assigned/*; do
    [ -e "$file" ] || continue
    read -r owner < "$file"
    [[ $owner != "$1/$2" || " ${POOL_ADDRESSES[*]} " = *" ${file##*/} "* ]] || POOL_ADDRESSES+=("${file##*/}")
  done
  ENI_ADDRESSES=()
  for address in "${POOL_ADDRESSES[@]}"; do
    if [ -e "$DIR/assigned/$address" ]; then
      read -r owner < "$DIR/assigned/$address"
      [ "$owner" = "$1/$2" ] || continue
    fi
    if [ -e "$DIR/$1/exhausted" ] && ! grep -qs "^$address " "$DIR/$1"/pods/*; then continue; fi
    ENI_ADDRESSES+=("$address")
  done
}

# write_ipam_state NODE: all that tells of the state, after every change of it.
write_ipam_state() {
  write_ipam_json "$1"
  write_enis_json "$1"
  log_stats "$TOTAL" "$ASSIGNED" "$COOLING"
}

# pool_exhausted NODE REASON: as EC2 gives no more, and the spare addresses are taken.
pool_exhausted() {
  exec 9> "$DIR/$1/lock"
  flock 9
  echo "$2" > "$DIR/$1/exhausted"
  write_ipam_state "$1"
  log_exhaustion "$1" "$2"
}

pool_refilled() {
  exec 9> "$DIR/$1/lock"
  flock 9
  rm -f "$DIR/$1/exhausted"
  write_ipam_state "$1"
}

# Replaced by rename at every change, as ipamd does. Times are written by printf: they do not fit a JSON tool's double.
write_ipam_json() {
  local file=$DIR/$1/aws-node/ipam.json record name ip eni cid veth netns time list=''
  for record in "$DIR/$1"/pods/*; do
    [ -e "$record" ] || continue
    name=${record##*/}
    read -r ip eni cid veth netns time < "$record"
    printf -v record '{"networkName":"aws-cni","containerID":"%s","ifName":"eth0","ipv4":"%s","allocationTimestamp":%s,"metadata":{"k8sPodNamespace":"%s","k8sPodName":"%s","interfacesCount":1}}' \
      "$cid" "$ip" "$time" "${name%%_*}" "${name#*_}"
    list+=${list:+,}$record
  done
  printf '{"version":"vpc-cni-ipam/1","allocations":[%s]}' "$list" > "$file.tmp"
  mv "$file.tmp" "$file"
}

# go_time NANOSECONDS VARIABLE: as Go prints a time in JSON; nothing since never.
go_time() {
  if [ -z "$1" ]; then
    printf -v "$2" 0001-01-01T00:00:00Z
  else
    TZ=UTC0 printf -v "$2" '%(%Y-%m-%dT%H:%M:%S)T.%sZ' "${1:0:-9}" "${1: -9}"
  fi
}

# The answer to /v1/enis, in the schema of 1.20 and later; 1.22 added two fields, 1.23 tells no container any more. Counts what it writes in
# TOTAL, ASSIGNED and COOLING.
write_enis_json() {
  local node=$1 file=$DIR/$1/introspection/v1/enis name record ip eni cid rest time enis='' primary extra='' new=no
  local -A owner=() container=() since=()
  for record in "$DIR/$node"/pods/*; do
    [ -e "$record" ] || continue
    read -r ip eni cid rest < "$record"
    owner[$ip]=${record##*/} container[$ip]=$cid since[$ip]=${rest##* }
  done
  TOTAL=0 ASSIGNED=0 COOLING=0
  [ "$CONNMARK" != nft ] || new=yes
  for name in eth0 eth1; do
    primary=false
    [ $name != eth0 ] || primary=true
    [ $new = no ] || printf -v extra ',"SubnetID":"subnet-0%s57d1e3f90a2b4c","IsExcludedForPodIPs":false' "${node#node-}"
    eni_addresses "$node" $name
    enis_cidrs
    printf -v record '"%s":{"ID":"%s","IsPrimary":%s,"IsTrunk":false,"IsEFA":false,"DeviceNumber":%s,"RouteTableID":%s,"AvailableIPv4Cidrs":{%s},"IPv6Cidrs":{}%s}' \
      "${ENI_ID[$node/$name]}" "${ENI_ID[$node/$name]}" $primary "${DEVICE_NUMBER[$name]}" "${ROUTE_TABLE[$name]}" "${CIDRS#,}" "$extra"
    enis+=,$record
  done
  printf '{"0":{"TotalIPs":%s,"AssignedIPs":%s,"ENIs":{%s}}}' $TOTAL $ASSIGNED "${enis#,}" > "$file.tmp"
  mv "$file.tmp" "$file"
}

# Reads write_enis_json's tables; the addresses of ENI_ADDRESSES into CIDRS.
enis_cidrs() {
  local address key metadata assigned unassigned freed given taken part
  CIDRS=''
  for address in "${ENI_ADDRESSES[@]}"; do
    key='"networkName":"","containerID":"","ifName":""' metadata='' given='' taken=''
    if [ -n "${owner[$address]:-}" ]; then
      ASSIGNED=$((ASSIGNED + 1)) given=${since[$address]}
      key="\"networkName\":\"aws-cni\",\"containerID\":\"${container[$address]}\",\"ifName\":\"eth0\""
      [ "$new" = no ] || key='"networkName":"aws-cni","containerID":"","ifName":""'
      metadata="\"k8sPodNamespace\":\"${owner[$address]%%_*}\",\"k8sPodName\":\"${owner[$address]#*_}\",\"interfacesCount\":1"
    elif [ -e "$DIR/$node/cooldown/$address" ]; then
      read -r freed given taken < "$DIR/$node/cooldown/$address"
      [ $((EPOCHSECONDS - freed)) -ge 30 ] || COOLING=$((COOLING + 1))
    fi
    TOTAL=$((TOTAL + 1))
    go_time "$given" assigned
    go_time "$taken" unassigned
    printf -v part '"%s/32":{"Cidr":{"IP":"%s","Mask":"/////w=="},"IPAddresses":{"%s":{"Address":"%s","IPAMKey":{%s},"IPAMMetadata":{%s},"AssignedTime":"%s","UnassignedTime":"%s"}},"IsPrefix":false,"AddressFamily":""}' \
      "$address" "$address" "$address" "$address" "$key" "$metadata" "$assigned" "$unassigned"
    CIDRS+=,$part
  done
}
