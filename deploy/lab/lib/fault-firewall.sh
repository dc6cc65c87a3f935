# Faults in a node's iptables and nft rules, through the lab's own backend.
# shellcheck shell=bash

iptables_in() { in_node "$1" "iptables-$BACKEND" -w 5 "${@:2}"; }

# A filter over rules of the nat and mangle tables: reads iptables-save, writes iptables-restore.
# edit_tables NODE SAVED FILTER…: the tables in SAVED through the command FILTER, in force at once.
edit_tables() {
  local edited
  edited=$("${@:3}" < "$2")
  in_node "$1" "iptables-$BACKEND-restore" <<< "$edited"
}

# save_tables NODE TABLE…: their text in a new file, whose path comes back in SAVED.
save_tables() {
  local table
  mkdir -p "$DIR/saved"
  SAVED=$(mktemp "$DIR/saved/XXXXXX")
  for table in "${@:2}"; do in_node "$1" "iptables-$BACKEND-save" -t "$table"; done > "$SAVED"
}

restore_tables() {
  [ -e "$2" ] || return 0
  in_node "$1" "iptables-$BACKEND-restore" < "$2"
  rm "$2"
}

fault_node_firewall() {
  arguments "node-firewall NODE NAMESPACE/POD" 2 "$@"
  require_node "$1"
  require_pod "$2"
  remember "node-firewall $1 $2" firewall "$1" "$POD_IP" "$2" -D
  firewall "$1" "$POD_IP" "$2" -I
}

# firewall NODE ADDRESS POD -I|-D
firewall() {
  local side
  for side in -s -d; do
    iptables_in "$1" "$4" FORWARD $side "$2" -m comment --comment "lab fault: node-firewall $3" -j DROP
  done
}

fault_forward_drop() {
  arguments "forward-drop NODE" 1 "$@"
  require_node "$1"
  remember "forward-drop $1" iptables_in "$1" -P FORWARD ACCEPT
  iptables_in "$1" -P FORWARD DROP
}

fault_firewall_drop() {
  arguments "firewall-drop NODE NAMESPACE/POD" 2 "$@"
  host_firewall "firewall-drop $1 $2" "$1" "$2" -j DROP
}

fault_firewall_reject() {
  [[ $# -eq 2 || ($# -eq 4 && $3 = --with) ]] || usage_fail "lab fault LAB firewall-reject NODE NAMESPACE/POD [--with tcp-reset|icmp-port-unreachable|icmp-admin-prohibited]"
  local how=${4:-icmp-port-unreachable} match=()
  case $how in
    tcp-reset) match=(-p tcp) ;;
    icmp-port-unreachable | icmp-admin-prohibited) ;;
    *) usage_fail "--with is tcp-reset, icmp-port-unreachable or icmp-admin-prohibited, not '$how'" ;;
  esac
  host_firewall "firewall-reject $1 $2 --with $how" "$1" "$2" "${match[@]}" -j REJECT --reject-with "$how"
}

# host_firewall TEXT NODE POD RULE-END…: in a chain of its own, as host firewalls have them, for what goes to the pod's address.
host_firewall() {
  local text=$1 node=$2 pod=$3 rule
  require_node "$node"
  require_pod "$pod"
  rule=(HOST-FIREWALL -d "$POD_IP" -m comment --comment "site policy: no access to $pod" "${@:4}")
  remember "$text" take_host_rule "$node" "${rule[@]}"
  if ! iptables_in "$node" -n -L HOST-FIREWALL > /dev/null 2>&1; then
    iptables_in "$node" -N HOST-FIREWALL
    iptables_in "$node" -I FORWARD -m comment --comment "site firewall" -j HOST-FIREWALL
  fi
  iptables_in "$node" -A "${rule[@]}"
}

# The chain goes with its last rule.
take_host_rule() {
  iptables_in "$1" -D "${@:2}" 2> /dev/null || true
  if ! iptables_in "$1" -S HOST-FIREWALL 2> /dev/null | grep -q '^-A'; then
    iptables_in "$1" -D FORWARD -m comment --comment "site firewall" -j HOST-FIREWALL 2> /dev/null || true
    iptables_in "$1" -X HOST-FIREWALL 2> /dev/null || true
  fi
}

# All that sets or restores mark 0x80: both tables, and the native nft table.
fault_missing_connmark() {
  arguments "missing-connmark NODE" 1 "$@"
  require_node "$1"
  save_tables "$1" nat mangle
  remember "missing-connmark $1" all_of native_connmark "$1" + 10 -- restore_tables "$1" "$SAVED"
  edit_tables "$1" "$SAVED" sed -E '/AWS-CONNMARK-CHAIN|"AWS, (CONNMARK|primary ENI|outbound connections)"/d'
  [ "$CONNMARK" != nft ] || in_node "$1" nft delete table ip aws-cni
}

# Marking sees the service's address. With iptables the jumps change places (#3800); the native chain comes to stand before DNAT (#3563).
fault_connmark_first() {
  arguments "connmark-first NODE" 1 "$@"
  require_node "$1"
  if [ "$CONNMARK" = nft ]; then
    remember "connmark-first $1" native_connmark "$1" + 10
    native_connmark "$1" - 10
    return 0
  fi
  save_tables "$1" nat
  remember "connmark-first $1" restore_tables "$1" "$SAVED"
  edit_tables "$1" "$SAVED" kube_services_last
}

# native_connmark NODE SIGN NUMBER: the CNI's nft table with this distance from dstnat; nothing where the lab marks with iptables.
native_connmark() {
  local text
  [ "$CONNMARK" = nft ] || return 0
  text=$(nft_connmark)
  in_node "$1" nft -f - <<< "table ip aws-cni
delete table ip aws-cni
${text/dstnat + 10/dstnat $2 $3}"
}

# The jump to KUBE-SERVICES behind all other rules of PREROUTING.
kube_services_last() {
  awk '/^-A PREROUTING .*-j KUBE-SERVICES$/ { held = $0; next }
    held != "" && (/^COMMIT/ || (/^-A/ && !/^-A PREROUTING/)) { print held; held = "" }
    { print }'
}
