# lab status
# shellcheck shell=bash

cmd_status() {
  local name='' format=text
  while [ $# -gt 0 ]; do
    case $1 in
      -o)
        [[ ${2:-} =~ ^(json|text)$ ]] || usage_fail "-o is json or text"
        format=$2
        shift
        ;;
      -*) usage_fail "unknown option $1" ;;
      *) name=$1 ;;
    esac
    shift
  done
  if [ -z "$name" ]; then name=$(only_lab); fi
  use_lab "$name"
  build_podd
  find_processes
  process_at vpc
  "status_$format"
}

only_lab() {
  local dirs=("$LABS"/*/)
  [ -d "${dirs[0]}" ] || fail "there is no lab; raise one with: lab up"
  [ ${#dirs[@]} -eq 1 ] || fail "there are ${#dirs[@]} labs; name one of those of 'lab list'"
  basename "${dirs[0]}"
}

# publish_status: the status beside whatever reads the cluster's state, replaced by rename.
publish_status() {
  [ -n "$CLUSTER_DIR" ] || return 0
  mkdir -p "$CLUSTER_DIR"
  find_processes
  status_json > "$CLUSTER_DIR/cluster.json.tmp"
  mv "$CLUSTER_DIR/cluster.json.tmp" "$CLUSTER_DIR/cluster.json"
}

# for_each_pod NODE FUNCTION: with the record's fields in ns, name, ip, eni, cid, veth.
for_each_pod() {
  local record file netns time ns name ip eni cid veth
  for record in "$DIR/$1"/pods/*; do
    [ -e "$record" ] || continue
    file=${record##*/} ns=${file%%_*} name=${file#*_}
    read -r ip eni cid veth netns time < "$record"
    "$2"
  done
}

status_text() {
  local node
  printf 'lab %s: iptables %s, connmark %s, in %s\n' "$LAB" "$BACKEND" "$CONNMARK" "$DIR"
  for node in "${NODES[@]}"; do
    printf '\n%s  pid %s  %s (public %s)\n' "$node" "${PID_OF[$node]:--}" "${PRIMARY[$node/eth0]}" "${PUBLIC[$node]}"
    for_each_pod "$node" pod_text
  done
  printf '\n'
  for_each_service service_text
}

# shellcheck disable=SC2154
pod_text() { printf '  %-32s %-15s %s table %-3s %s pid %s\n' "$ns/$name" "$ip" "$eni" "${ROUTE_TABLE[$eni]}" "$veth" "${PID_OF[$ns/$name]:--}"; }

for_each_service() {
  local line service port_name ip protocol port target node_port endpoints
  for line in "${SERVICES[@]}"; do
    read -r service port_name ip protocol port target node_port endpoints <<< "$line"
    # A fault may have changed what the service's endpoints are.
    [ ! -e "$DIR/endpoints/${service/\//_}" ] || read -r endpoints < "$DIR/endpoints/${service/\//_}" || true
    "$1"
  done
}

# shellcheck disable=SC2154
service_text() { printf 'svc %-10s %-12s %s/%s %s -> %s\n' "$service" "$ip" "$port" "$protocol" "$port_name" "${endpoints:+${endpoints// /:$target }:$target}"; }

status_json() {
  local node nodes='' services=''
  for node in "${NODES[@]}"; do node_json; done
  for_each_service service_json
  printf '{"name":"%s","dir":"%s","backend":"%s","connmark":"%s","vpcCidr":"%s","internet":{"address":"%s"},"nodes":[%s],"services":[%s]}\n' \
    "$LAB" "$DIR" "$BACKEND" "$CONNMARK" "$VPC_CIDR" "$INTERNET" "${nodes#,}" "${services#,}"
}

node_json() {
  local eni name enis='' pods='' part
  for name in eth0 eth1; do
    eni=$node/$name
    printf -v part '{"id":"%s","interface":"%s","mac":"%s","primaryAddress":"%s","deviceNumber":%s,"routeTable":%s}' \
      "${ENI_ID[$eni]}" "$name" "${MAC[$eni]}" "${PRIMARY[$eni]}" "${DEVICE_NUMBER[$name]}" "${ROUTE_TABLE[$name]}"
    enis+=,$part
  done
  for_each_pod "$node" pod_json
  printf -v part '{"name":"%s","pid":%s,"primaryAddress":"%s","publicAddress":"%s","enis":[%s],"pods":[%s]}' \
    "$node" "${PID_OF[$node]:-0}" "${PRIMARY[$node/eth0]}" "${PUBLIC[$node]}" "${enis#,}" "${pods#,}"
  nodes+=,$part
}

pod_json() {
  local part
  printf -v part '{"namespace":"%s","name":"%s","ip":"%s","interface":"%s","routeTable":%s,"veth":"%s","containerId":"%s","pid":%s}' \
    "$ns" "$name" "$ip" "$eni" "${ROUTE_TABLE[$eni]}" "$veth" "$cid" "${PID_OF[$ns/$name]:-0}"
  pods+=,$part
}

service_json() {
  local part endpoint list=''
  for endpoint in $endpoints; do list+=,\"$endpoint:$target\"; done
  printf -v part '{"namespace":"%s","name":"%s","port":{"name":"%s","port":%s,"protocol":"%s","targetPort":%s,"nodePort":%s},"clusterIp":"%s","endpoints":[%s]}' \
    "${service%/*}" "${service#*/}" "$port_name" "$port" "$protocol" "$target" "$node_port" "$ip" "${list#,}"
  services+=,$part
}
