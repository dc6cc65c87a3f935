# Faults in a node's policy routing, routes and neighbours.
# shellcheck shell=bash

# put_rule NODE RULE…: there once, whether it was there before or not.
put_rule() {
  take_rule "$@"
  in_node "$1" ip rule add "${@:2}"
}

take_rule() { in_node "$1" ip rule del "${@:2}" 2> /dev/null || true; }

put_route() { in_node "$1" ip route replace "${@:2}"; }
take_route() { in_node "$1" ip route del "${@:2}" 2> /dev/null || true; }

fault_missing_512() {
  arguments "missing-512 NAMESPACE/POD" 1 "$@"
  require_pod "$1"
  local rule=("$POD_NODE" to "$POD_IP" lookup main priority 512)
  remember "missing-512 $1" same_pod "$1" "$POD_CID" put_rule "${rule[@]}"
  take_rule "${rule[@]}"
}

fault_missing_1024() {
  arguments "missing-1024 NODE" 1 "$@"
  require_node "$1"
  local rule=("$1" fwmark 0x80/0x80 lookup main priority 1024)
  remember "missing-1024 $1" put_rule "${rule[@]}"
  take_rule "${rule[@]}"
}

# secondary_table POD: the route table of its ENI into TABLE; pods of the primary ENI have no rule 1536.
secondary_table() {
  require_pod "$1"
  TABLE=${ROUTE_TABLE[$POD_ENI]}
  [ "$TABLE" != 254 ] || fail "$1 is on the primary ENI: it has no rule 1536"
}

fault_missing_1536() {
  arguments "missing-1536 NAMESPACE/POD" 1 "$@"
  secondary_table "$1"
  local rule=("$POD_NODE" from "$POD_IP" lookup "$TABLE" priority 1536)
  remember "missing-1536 $1" same_pod "$1" "$POD_CID" put_rule "${rule[@]}"
  take_rule "${rule[@]}"
}

# As releases before 1.8 wrote it.
fault_old_1536() {
  arguments "old-1536 NAMESPACE/POD" 1 "$@"
  secondary_table "$1"
  local plain=("$POD_NODE" from "$POD_IP" lookup "$TABLE" priority 1536)
  local old=("$POD_NODE" from "$POD_IP" to "$VPC_CIDR" lookup "$TABLE" priority 1536)
  # A deleted pod's old rule has no owner, as with the old CNI's leaks: it goes in any case.
  remember "old-1536 $1" all_of take_rule "${old[@]}" -- same_pod "$1" "$POD_CID" put_rule "${plain[@]}"
  take_rule "${plain[@]}"
  put_rule "${old[@]}"
}

fault_strict_rp() {
  arguments "strict-rp NODE" 1 "$@"
  require_node "$1"
  local all first
  read_sysctl "$1" conf/all/rp_filter && all=$VALUE
  read_sysctl "$1" conf/eth0/rp_filter && first=$VALUE
  remember "strict-rp $1" all_of write_sysctl "$1" conf/all/rp_filter "$all" -- write_sysctl "$1" conf/eth0/rp_filter "$first"
  # The kernel takes the greater of both: 2 (loose) in either would win over 1.
  write_sysctl "$1" conf/all/rp_filter 1
  write_sysctl "$1" conf/eth0/rp_filter 1
}

fault_ip_forward_off() {
  arguments "ip-forward-off NODE" 1 "$@"
  require_node "$1"
  remember "ip-forward-off $1" write_sysctl "$1" ip_forward 1
  write_sysctl "$1" ip_forward 0
}

fault_no_host_route() {
  arguments "no-host-route NAMESPACE/POD" 1 "$@"
  require_pod "$1"
  local route=("$POD_NODE" "$POD_IP/32" dev "$POD_VETH" scope link)
  remember "no-host-route $1" same_pod "$1" "$POD_CID" put_route "${route[@]}"
  take_route "${route[@]}"
}

fault_no_pod_route() {
  arguments "no-pod-route NAMESPACE/POD" 1 "$@"
  require_pod "$1"
  local route=(default via 169.254.1.1 dev eth0)
  remember "no-pod-route $1" same_pod "$1" "$POD_CID" in_pod "$1" ip route replace "${route[@]}"
  in_pod "$1" ip route del "${route[@]}"
}

# In the main table and in the secondary ENI's, so that it holds for the node's own traffic and for every pod.
fault_blackhole_route() {
  arguments "blackhole-route NODE CIDR" 2 "$@"
  require_node "$1"
  [[ $2 =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(/[0-9]+)?$ ]] || usage_fail "not an IPv4 CIDR: '$2'"
  remember "blackhole-route $1 $2" all_of take_route "$1" blackhole "$2" -- take_route "$1" blackhole "$2" table 2
  in_node "$1" ip route add blackhole "$2"
  in_node "$1" ip route add blackhole "$2" table 2
}

# The VPC's port stops answering ARP. On eth1 unless told, for node-b's way to `lab relay` is the gateway of eth0.
fault_unreachable_neighbour() {
  [[ $# -eq 1 || $# -eq 2 ]] || usage_fail "lab fault LAB unreachable-neighbour NODE [eth0|eth1]"
  require_node "$1"
  local eni=${2:-eth1} port
  is_eni "$1/$eni" || usage_fail "eth0 or eth1, not '$eni'"
  port=${PORT[$1/$eni]}
  remember "unreachable-neighbour $1 $eni" all_of answer_arp "$1" "$eni" 0 1 -- forget_neighbours "$1" "$eni"
  answer_arp "$1" "$eni" 8 0
  forget_neighbours "$1" "$eni"
}

# answer_arp NODE ENI ARP_IGNORE PROXY_ARP: arp_ignore 8 is silence for the VPC's own addresses.
answer_arp() {
  write_sysctl vpc "conf/${PORT[$1/$2]}/arp_ignore" "$3"
  write_sysctl vpc "conf/${PORT[$1/$2]}/proxy_arp" "$4"
}

forget_neighbours() { in_node "$1" ip neigh flush dev "$2" nud all 2> /dev/null || true; }

# Where nodes share a subnet they resolve each other's pods themselves; the lab's do not, so POD is made on-link for NODE. Its entry then
# names the other ENI of POD's node, as after an address moved.
fault_stale_neighbour() {
  arguments "stale-neighbour NODE NAMESPACE/POD" 2 "$@"
  require_node "$1"
  require_pod "$2"
  [ "$POD_NODE" != "$1" ] || fail "$2 is on $1 itself; name the other node"
  local other=eth0 undo=() name table
  [ "$POD_ENI" != eth0 ] || other=eth1
  for name in eth0 eth1; do
    table=${ROUTE_TABLE[$name]}
    undo+=(take_route "$1" "$POD_IP/32" dev "$name" scope link table "$table" -- take_neighbour "$1" "$POD_IP" "$name" --)
  done
  remember "stale-neighbour $1 $2" all_of "${undo[@]}"
  for name in eth0 eth1; do
    in_node "$1" ip neigh replace "$POD_IP" lladdr "${MAC[$POD_NODE/$other]}" dev "$name" nud permanent
    put_route "$1" "$POD_IP/32" dev "$name" scope link table "${ROUTE_TABLE[$name]}"
  done
}

take_neighbour() { in_node "$1" ip neigh del "$2" dev "$3" 2> /dev/null || true; }

# What a failed DEL leaves: both rules of an address that no pod has.
fault_leaked_rule() {
  arguments "leaked-rule NODE ADDRESS" 2 "$@"
  require_node "$1"
  [[ $2 =~ ^192\.168\.[0-9]+\.[0-9]+$ ]] || usage_fail "not an address of the VPC: '$2'"
  if grep -qs "^$2 " "$DIR"/*/pods/*; then fail "$2 belongs to a pod: its rules are no leak"; fi
  local to=("$1" to "$2" lookup main priority 512) from=("$1" from "$2" lookup 2 priority 1536)
  remember "leaked-rule $1 $2" all_of take_rule "${to[@]}" -- take_rule "${from[@]}"
  put_rule "${to[@]}"
  put_rule "${from[@]}"
}

# What nm-cloud-setup writes on a node that it should not run on: a table of its own for the ENI's primary address.
fault_foreign_rule() {
  arguments "foreign-rule NODE" 1 "$@"
  require_node "$1"
  local rule=("$1" from "${PRIMARY[$1/eth1]}" lookup 30400 priority 30400)
  local route=("$1" default via "${GATEWAY[$1]}" dev eth1 onlink table 30400)
  remember "foreign-rule $1" all_of take_rule "${rule[@]}" -- take_route "${route[@]}"
  put_route "${route[@]}"
  put_rule "${rule[@]}"
}

# A second rule 1536 with another table: harmless on a secondary ENI, where the right one stands first; the wrong ENI for a pod of the primary.
fault_duplicate_rule() {
  arguments "duplicate-rule NAMESPACE/POD" 1 "$@"
  require_pod "$1"
  local table=2 rule
  [ "$POD_ENI" = eth0 ] || table=3
  rule=("$POD_NODE" from "$POD_IP" lookup "$table" priority 1536)
  remember "duplicate-rule $1" take_rule "${rule[@]}"
  put_rule "${rule[@]}"
}
