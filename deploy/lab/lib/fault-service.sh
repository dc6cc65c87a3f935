# Faults in kube-proxy's rules, on both nodes alike as kube-proxy would write them.
# shellcheck shell=bash disable=SC2154

# service_ports SERVICE FUNCTION…: FUNCTION for each of its ports, with their fields and KUBE_NAME; fails when there is no such service.
service_ports() {
  local wanted=$1 line found=no name port_name ip protocol port target node_port endpoints
  for line in "${SERVICES[@]}"; do
    read -r name port_name ip protocol port target node_port endpoints <<< "$line"
    [ "$name" = "$wanted" ] || continue
    found=yes
    "${@:2}"
  done
  [ $found = yes ] || fail "no service '$wanted'; 'lab status $LAB' shows its services"
}

# Reads service_ports' fields: the texts whose hashes name this port's chains.
collect_texts() {
  local endpoint
  TEXTS+=("$name:$port_name$protocol")
  for endpoint in $endpoints; do TEXTS+=("$name:$port_name$protocol$endpoint:$target"); done
}

# nat_undo SERVICE: the undo command for both nodes' nat tables and for what `lab status` tells, into NAT_UNDO; their text into SAVED_NAT.
nat_undo() {
  local node
  declare -gA SAVED_NAT=()
  NAT_UNDO=(endpoints_are "$1")
  for node in "${NODES[@]}"; do
    save_tables "$node" nat
    SAVED_NAT[$node]=$SAVED
    NAT_UNDO+=(-- restore_tables "$node" "$SAVED")
  done
}

# endpoints_are SERVICE [ADDRESS…|none]: what the API server would tell; as raised without addresses.
endpoints_are() {
  mkdir -p "$DIR/endpoints"
  case ${2:-} in
    '') rm -f "$DIR/endpoints/${1/\//_}" ;;
    none) : > "$DIR/endpoints/${1/\//_}" ;;
    *) printf '%s\n' "${*:2}" > "$DIR/endpoints/${1/\//_}" ;;
  esac
  publish_status
}

fault_no_endpoints() {
  arguments "no-endpoints NAMESPACE/SERVICE" 1 "$@"
  local node names undo=()
  declare -A KUBE_NAME=()
  TEXTS=()
  service_ports "$1" collect_texts
  kube_names "${TEXTS[@]}"
  printf -v names '%s|' "${KUBE_NAME[@]}"
  nat_undo "$1"
  for node in "${NODES[@]}"; do undo+=(-- reject_service "$node" "$1" -D); done
  remember "no-endpoints $1" all_of "${NAT_UNDO[@]}" "${undo[@]}"
  for node in "${NODES[@]}"; do
    edit_tables "$node" "${SAVED_NAT[$node]}" sed -E "/KUBE-(SVC|SEP|EXT)-(${names%|})/d"
    reject_service "$node" "$1" -A
  done
  endpoints_are "$1" none
}

# reject_service NODE SERVICE -A|-D
reject_service() { service_ports "$2" reject_port "$1" "$3"; }

reject_port() {
  local comment="$name:$port_name has no endpoints"
  local refuse=(-m "$protocol" -j REJECT --reject-with icmp-port-unreachable)
  # kube-proxy forgets a UDP service's connections with its endpoints.
  if [[ $2 = -A && $protocol = udp ]]; then in_node "$1" conntrack -D -p udp -d "$ip" > /dev/null 2>&1 || true; fi
  iptables_in "$1" "$2" KUBE-SERVICES -d "$ip/32" -p "$protocol" -m comment --comment "$comment" -m "$protocol" --dport "$port" -j REJECT || [ "$2" = -D ]
  [ "$node_port" = 0 ] || iptables_in "$1" "$2" KUBE-EXTERNAL-SERVICES -p "$protocol" -m comment --comment "$comment" \
    -m addrtype --dst-type LOCAL -m "$protocol" --dport "$node_port" -j REJECT || [ "$2" = -D ]
}

# The last endpoint becomes an address of the VPC that nobody has: an endpoint slice that outlived its pod.
fault_dead_backend() {
  [[ $# -eq 1 || $# -eq 2 ]] || usage_fail "lab fault LAB dead-backend NAMESPACE/SERVICE [ADDRESS]"
  local service=$1 dead=${2:-192.168.33.250} node edits=() kept=() last=''
  [[ $dead =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]] || usage_fail "not an address: '$dead'"
  declare -A KUBE_NAME=()
  TEXTS=()
  service_ports "$service" collect_texts
  service_ports "$service" dead_texts "$dead"
  kube_names "${TEXTS[@]}"
  service_ports "$service" dead_edit "$dead"
  nat_undo "$service"
  remember "dead-backend $service $dead" all_of "${NAT_UNDO[@]}"
  for node in "${NODES[@]}"; do edit_tables "$node" "${SAVED_NAT[$node]}" sed -E "${edits[@]}"; done
  endpoints_are "$service" "${kept[@]}" "$dead"
}

dead_texts() { TEXTS+=("$name:$port_name$protocol$1:$target"); }

# Adds this port's edit to the caller's edits; the endpoints that stay go to kept.
dead_edit() {
  local key=$name:$port_name$protocol old new
  read -ra kept <<< "$endpoints"
  last=${kept[-1]}
  unset 'kept[-1]'
  old=${KUBE_NAME[$key$last:$target]} new=${KUBE_NAME[$key$1:$target]}
  edits+=(-e "/KUBE-SEP-$old/{s/${last//./\\.}/$1/g;s/KUBE-SEP-$old/KUBE-SEP-$new/}")
}
