# lab pod add|del
# shellcheck shell=bash

# shellcheck source=/dev/null
source "$HERE/lib/cmd-status.sh"

cmd_pod() {
  local action=${1:-}
  case $action in
    add) [ $# -ge 4 ] || usage_fail "lab pod add LAB NODE NAMESPACE/NAME [--eni eth0|eth1] [--ip ADDRESS]" ;;
    del) [ $# -eq 3 ] || usage_fail "lab pod del LAB NAMESPACE/NAME" ;;
    *) usage_fail "lab pod add|del" ;;
  esac
  use_lab "$2"
  build_podd
  find_processes
  shift 2
  "pod_$action" "$@"
  publish_status
}

pod_add() {
  local node=$1 pod=$2 eni=eth0 ip='' other
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      --eni) eni=${2:-} ;;
      --ip) ip=${2:-} ;;
      *) usage_fail "unknown option $1" ;;
    esac
    shift 2 || usage_fail "--eni and --ip need a value"
  done
  is_node "$node" || fail "no node '$node'; there is: ${NODES[*]}"
  is_eni "$node/$eni" || usage_fail "--eni is eth0 or eth1, not '$eni'"
  [[ $pod =~ ^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*$ ]] || usage_fail "not NAMESPACE/NAME: '$pod'"
  if pod_record "$pod"; then fail "pod $pod exists already on $POD_NODE"; fi
  if [ -n "$ip" ]; then
    require_free_address "$ip"
    inside vpc assign_to_eni "$node/$eni" "$ip"
    for other in "${NODES[@]}"; do inside "$other" write_enis_json "$other"; done
  fi
  inside "$node" cni_add_locked "$node" "$pod" "$eni" "$ip"
}

require_free_address() {
  local node owner
  [[ $1 =~ ^192\.168\.([0-9]{1,3})\.([0-9]{1,3})$ && ${BASH_REMATCH[1]} -le 255 && ${BASH_REMATCH[2]} -le 255 ]] ||
    fail "$1 is not an address of the VPC's $VPC_CIDR"
  [[ " ${PRIMARY[*]} ${GATEWAY[*]} $VPC_DNS " != *" $1 "* ]] || fail "$1 is an ENI's, a gateway's or the resolver's own address"
  for node in "${NODES[@]}"; do
    owner=$(grep -ls "^$1 " "$DIR/$node"/pods/* || true)
    [ -z "$owner" ] || fail "$1 belongs to pod $(basename "$owner" | sed 's#_#/#') on $node; delete that one first"
  done
}

pod_del() {
  require_pod "$1"
  inside "$POD_NODE" cni_del_locked "$POD_NODE" "$1"
}
