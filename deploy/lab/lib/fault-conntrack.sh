# Faults in a node's conntrack table and source ports.
# shellcheck shell=bash

readonly SNAT_PORTS=40000-40007 SNAT_PORT_COUNT=8

# end_process KIND/NODE: one of ours that a fault has started.
end_process() { [ -z "${PID_OF[$1]:-}" ] || kill -KILL "${PID_OF[$1]}" 2> /dev/null || true; }

# any_pod NODE: the first pod of a node into POD, with its record.
any_pod() {
  local files=("$DIR/$1"/pods/*)
  [ -e "${files[0]}" ] || fail "$1 has no pod"
  POD=${files[0]##*/}
  POD=${POD/_//}
  require_pod "$POD"
}

# TCP of all pods shares eight source ports, and one pod holds connections to the internet host's port 80 on all of them.
fault_snat_exhausted() {
  arguments "snat-exhausted NODE" 1 "$@"
  require_node "$1"
  any_pod "$1"
  local rule=(! -o vlan+ -p tcp -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL
    -j SNAT --to-source "${PRIMARY[$1/eth0]}:$SNAT_PORTS" --random-fully)
  remember "snat-exhausted $1" all_of end_process "hold/$1" -- iptables_in "$1" -t nat -D AWS-SNAT-CHAIN-0 "${rule[@]}" -- free_ports "$1"
  iptables_in "$1" -t nat -I AWS-SNAT-CHAIN-0 2 "${rule[@]}"
  "$PODD" enter "${PID_OF[$POD]}" nmpui "$PODD" hold "$LAB" "$1" "$INTERNET" 80 "$SNAT_PORT_COUNT"
}

# Closed connections would keep the ports for two minutes more.
free_ports() {
  local port
  for ((port = ${SNAT_PORTS%-*}; port <= ${SNAT_PORTS#*-}; port++)); do
    in_node "$1" conntrack -D -p tcp --reply-dst "${PRIMARY[$1/eth0]}" --reply-port-dst $port > /dev/null 2>&1 || true
  done
}

# The limit is the machine's, but each network namespace counts its own entries: the node's own table is filled, nothing else is touched.
fault_conntrack_full() {
  arguments "conntrack-full NODE" 1 "$@"
  require_node "$1"
  local limit
  limit=$(in_node "$1" cat /proc/sys/net/netfilter/nf_conntrack_max)
  [ "$limit" -le 1000000 ] || fail "nf_conntrack_max is $limit: the lab fills no table of more than 1000000 entries (400 MB)"
  any_pod "$1"
  remember "conntrack-full $1" all_of end_process "fill/$1" -- in_node "$1" "$PODD" empty
  in_node "$1" "$PODD" fill "$LAB" "$1" "$POD_IP"
}

# What is left when a service's endpoint goes and nobody flushes: the client's next datagram from that port still goes to BACKEND.
fault_stale_conntrack() {
  [[ $# -eq 3 || ($# -eq 5 && $4 = --port) ]] || usage_fail "lab fault LAB stale-conntrack NODE CLIENT-POD BACKEND-ADDRESS [--port SOURCE-PORT]"
  require_node "$1"
  require_pod "$2"
  local port=${5:-4053} flow
  [[ $port =~ ^[0-9]+$ && $port -gt 0 && $port -lt 65536 ]] || usage_fail "not a port: '$port'"
  [ "$POD_NODE" = "$1" ] || fail "$2 is on $POD_NODE: its connections are in the table there"
  [[ $3 =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]] || usage_fail "not an address: '$3'"
  if grep -qs "^$3 " "$DIR"/*/pods/*; then fail "$3 belongs to a pod; name an address that is gone"; fi
  flow=(-p udp -s "$POD_IP" -d 10.100.0.10 --sport "$port" --dport 53)
  remember "stale-conntrack $1 $2 $3 --port $port" drop_flow "$1" "${flow[@]}"
  drop_flow "$1" "${flow[@]}"
  in_node "$1" conntrack -I "${flow[@]}" -r "$3" -q "$POD_IP" --reply-port-src 53 --reply-port-dst "$port" -g "$3" -u SEEN_REPLY,ASSURED -t 600 > /dev/null 2>&1 ||
    fail "conntrack cannot make the entry"
}

drop_flow() { in_node "$1" conntrack -D "${@:2}" > /dev/null 2>&1 || true; }
