#!/bin/bash
# Benchmark 3: a node with 110 pods under traffic to another node: losses, counters against the kernel's, CPU and
# memory of the agent. See README.md.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
source "$BENCH/cluster.sh"

pods=110
rate=100000
seconds=60
idle=30
mode=headers

readonly SERVERS=4
readonly PORT=9000
# Of the writes, this share goes over TCP; their acknowledgements, handshakes and ends are packets on top. Found by
# measuring: writes × 1.1 is about what crosses.
readonly TCP_PERCENT=10
readonly PACKETS_PER_WRITE=1.1

usage() {
  cat <<'TEXT'
deploy/bench/node.sh [--pods N] [--rate PACKETS_PER_SECOND] [--seconds N] [--idle N] [--mode headers|edges]

  --pods     on the node that sends (default 110); the other node has its 4
  --rate     packets per second between the nodes, both directions together (default 100000)
  --seconds  of traffic (default 60)
  --idle     seconds over which the idle agent is measured (default 30)
  --mode     of the agents (default headers)
TEXT
}

main() {
  while [ $# -gt 0 ]; do
    case $1 in
      --pods | --rate | --seconds | --idle) need_number "$1" "${2:-}" && printf -v "${1#--}" %s "$2" ;;
      --mode) mode=${2:?--mode is headers or edges} ;;
      -h | --help) usage && exit ;;
      *) usage >&2 && exit 2 ;;
    esac
    shift 2
  done
  require_root
  begin_work "$TEMPORARY"
  prepare_packages
  build_tool load
  prepare_podhop || fail 'podhop must be built for this'
  agent_options
  printf '## Node: %s pods, %s packets/s between nodes for %s s\n\n' "$pods" "$rate" "$seconds"
  describe_machine
  raise_lab
  add_pods node-a "$pods"
  start_collector
  start_agents "${options[@]}"
  measure_idle
  measure_traffic
  stop_agents
}

# What this build does not know is left out, and said.
agent_options() {
  options=()
  if podhop_has agent --metrics-listen; then options+=(--metrics-listen "$METRICS"); else say 'no --metrics-listen: no counters of the agent'; fi
  if podhop_has agent --always-on; then options+=("--always-on=$mode"); else say 'no --always-on: the agent captures nothing'; fi
}

measure_idle() {
  local node
  declare -A before
  say "idle for $idle s"
  sleep 10
  for node in "${NODES[@]}"; do before[$node]=$(cpu_ms "${AGENT_PID[$node]}"); done
  sleep "$idle"
  heading 'idle agent' "CPU of a core over $idle s" 'RSS beside the rings' 'rings'
  for node in "${NODES[@]}"; do
    row "$node, $(pods_of "$node" | wc -l) pods" \
      "$(calc "($(cpu_ms "${AGENT_PID[$node]}") - ${before[$node]}) / $idle / 10") %" "$(memory "$node")" "$(rings "$node")"
  done
  printf '\nWanted: below 1 %% of a core; at most 150 MB beside the rings.\n\n'
}

# Packet rings are mappings of sockets; what of them is resident counts in VmRSS too.
rings_kib() { awk '/^[0-9a-f]+-[0-9a-f]+ / {ring = /socket:\[/} /^Rss:/ && ring {sum += $2} END {print sum + 0}' "/proc/${AGENT_PID[$1]}/smaps"; }

rings() { calc "$(rings_kib "$1") / 1024" '%.0f MB'; }

memory() { calc "($(awk '/^VmRSS/ {print $2}' "/proc/${AGENT_PID[$1]}/status") - $(rings_kib "$1")) / 1024" '%.0f MB'; }

# snapshot NAME: the kernel's and the agents' counters, when no traffic runs.
snapshot() {
  local node directory=$WORK/$1
  mkdir "$directory"
  for node in "${NODES[@]}"; do
    metrics "$node" >"$directory/$node.metrics"
    cpu_ms "${AGENT_PID[$node]}" >"$directory/$node.cpu"
    interface_packets "$(node_pid "$node")" eth0 >"$directory/$node.eth0"
    interface_packets "$(node_pid "$node")" eth1 >"$directory/$node.eth1"
    pods_of "$node" | while read -r pid _; do interface_packets "$pid" eth0; done | paste -sd+ | bc >"$directory/$node.pods"
    pods_of "$node" | while read -r pid _; do ip_packets "$pid"; done | paste -sd+ | bc >"$directory/$node.ip"
    conntrack_packets "$node" >"$directory/$node.conntrack"
  done
}

# The counters of `ip -s link`, received and sent together.
interface_packets() { awk -v name="$2:" '$1 == name {print $3 + $11}' "/proc/$1/net/dev"; }

# The counters of nstat: IpInReceives and IpOutRequests.
ip_packets() { awk '/^Ip:/ && ++line == 2 {printf "%d\n", $4 + $11}' "/proc/$1/net/snmp"; }

# Packets of the pods' connections, both directions, that went between the nodes.
conntrack_packets() {
  in_netns "$(node_pid "$1")" conntrack -L 2>/dev/null |
    awk -v port="dport=$PORT" '$0 ~ port {
      for (i = 1; i <= NF; i++) if ($i ~ /^packets=/) sum += substr($i, 9)
    } END {printf "%.0f\n", sum}'
}

measure_traffic() {
  local targets sources sinks node said
  for node in "${NODES[@]}"; do
    in_netns "$(node_pid "$node")" sysctl -qw net.netfilter.nf_conntrack_acct=1
  done
  targets=$(pods_of node-b | head -n $SERVERS | awk -v port=$PORT '{print $2 ":" port}' | paste -sd,)
  mapfile -t sinks < <(pods_of node-b | head -n $SERVERS | while read -r pid _; do netns_of "$pid"; done)
  mapfile -t sources < <(pods_of node-a | while read -r pid _; do netns_of "$pid"; done)
  "$GEN/load" sink $PORT "${sinks[@]}" >"$WORK/sink.out" 2>&1 &
  at_end stop $!
  sleep 0.5
  send 5 1000 >/dev/null # every agent has seen every pod and has compiled its code
  send 10 $((rate / 4)) >/dev/null
  sleep 3
  # Only the counted traffic's connections: those of the warm-up would time out in between.
  for node in "${NODES[@]}"; do in_netns "$(node_pid "$node")" conntrack -F 2>/dev/null; done
  snapshot before
  say "traffic for $seconds s"
  said=$(send "$seconds" "$(calc "$rate / $PACKETS_PER_WRITE" %.0f)")
  for node in "${NODES[@]}"; do printf '%s %s\n' "$(memory "$node")" "$(rings "$node")" >"$WORK/$node.memory"; done
  sleep 5
  snapshot after
  report "$said"
}

send() { "$GEN/load" send -t "$1" -r "$2" -p $TCP_PERCENT "$targets" "${sources[@]}"; }

# delta NODE COUNTER
delta() { echo $(($(cat "$WORK/after/$1.$2") - $(cat "$WORK/before/$1.$2"))); }

# agent_delta NODE NAME [LABELS]: - when the agent has no such counter.
agent_delta() {
  if ! grep -q "^$2" "$WORK/after/$1.metrics"; then
    echo -
    return 0
  fi
  echo $(($(metric "$2" "${3:-}" <"$WORK/after/$1.metrics") - $(metric "$2" "${3:-}" <"$WORK/before/$1.metrics")))
}

report() {
  local node all cpu took
  took=$(jq "$seconds + .lateSeconds" <<<"$1") # a sender that cannot keep the rate ends late
  printf -- '- sender: %s\n- crossed between the nodes: %s packets/s\n\n' "$1" \
    "$(calc "($(delta node-a eth0) + $(delta node-a eth1)) / $took" %.0f)"
  heading node 'pods: ip -s link' 'pods: IpInReceives + IpOutRequests' 'conntrack (pods to pods of the other node)' 'ENIs: ip -s link' \
    'all interfaces' 'agent received' 'agent received − kernel' 'dropped by kernel' 'dropped by agent'
  for node in "${NODES[@]}"; do
    all=$(($(delta "$node" pods) + $(delta "$node" eth0) + $(delta "$node" eth1)))
    row "$node" "$(delta "$node" pods)" "$(delta "$node" ip)" "$(delta "$node" conntrack)" \
      "$(($(delta "$node" eth0) + $(delta "$node" eth1)))" "$all" "$(agent_delta "$node" podhop_capture_received_packets_total)" \
      "$(difference "$(agent_delta "$node" podhop_capture_received_packets_total)" "$all")" \
      "$(agent_delta "$node" podhop_capture_dropped_packets_total 'cause="kernel"')" \
      "$(agent_delta "$node" podhop_capture_dropped_packets_total 'cause="agent"')"
  done
  printf '\nWanted: no drops, and the agent'\''s count equal to the kernel'\''s. ENIs carry the agent'\''s own stream to the\n'
  printf 'collector too, and two counters are not read in one moment: a few hundred packets of an ENI may differ.\n'
  per_point
  printf '\n'
  heading 'agent under load' 'CPU of a core' 'CPU ns per captured packet' 'RSS beside the rings' 'rings'
  for node in "${NODES[@]}"; do
    all=$(($(delta "$node" pods) + $(delta "$node" eth0) + $(delta "$node" eth1)))
    cpu=$(delta "$node" cpu)
    row "$node" "$(calc "$cpu / $took / 10" %.1f) %" "$(calc "$cpu * 1e6 / ($all + 0.001)" %.0f)" \
      "$(cut -d' ' -f1,2 "$WORK/$node.memory")" "$(cut -d' ' -f3,4 "$WORK/$node.memory")"
  done
  printf '\nWanted: at most 150 MB beside the rings.\n'
}

difference() { if [ "$1" = - ]; then echo -; else echo $(($1 - $2)); fi; }

# What dropped, point by point: silence is the wanted answer.
per_point() {
  local node
  for node in "${NODES[@]}"; do
    grep '^podhop_capture_dropped_packets_total' "$WORK/after/$node.metrics" | awk -v node="$node" '$NF > 0 {print "- " node ": " $0}' || true
  done
}

main "$@"
