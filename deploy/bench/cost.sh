#!/bin/bash
# Benchmark 4: what the agent costs the pods: throughput and latency without it, with edges, with headers. See README.md.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
source "$BENCH/cluster.sh"

rounds=5
seconds=10
connections=8

readonly WARMUP_SECONDS=5
# An agent that has begun to compile nothing new for a while is what a node has all day.
readonly SETTLE_SECONDS=60
readonly SETTLED_PER_MILLE=25
readonly SERVER=shop/db-0
readonly IPERF_PORT=5201
readonly HTTP_PORT=8080
readonly UDP_BYTES=1200
readonly KEPT=keep-alive EACH=close

usage() {
  cat <<'TEXT'
deploy/bench/cost.sh [--rounds N] [--seconds N] [--connections N]

  --rounds       of: no agent, edges, headers, in turn (default 5)
  --seconds      of each measurement (default 10)
  --connections  of the HTTP load (default 8)
TEXT
}

main() {
  while [ $# -gt 0 ]; do
    case $1 in
      --rounds | --seconds | --connections) need_number "$1" "${2:-}" && printf -v "${1#--}" %s "$2" ;;
      -h | --help) usage && exit ;;
      *) usage >&2 && exit 2 ;;
    esac
    shift 2
  done
  require_root
  begin_work "$TEMPORARY"
  prepare_packages
  modes=(off)
  if prepare_podhop && podhop_has agent --always-on; then
    modes+=(edges headers)
  else
    say 'podhop agent --always-on does not exist in this build: only what the pods do without it'
  fi
  printf '## Cost to the workload\n\n'
  describe_machine
  printf -- '- pod to pod across nodes; %s rounds of %s, %s s each; HTTP over %s connections\n- the collector has niceness 19: elsewhere it is on a node of its own\n\n' "$rounds" "${modes[*]}" "$seconds" "$connections"
  raise_lab
  read_cluster
  [ ${#modes[@]} -eq 1 ] || start_collector
  choose_pods
  # Not by in_netns: $! would be the shell that runs the function.
  nsenter --net="$(netns_of "$server_pid")" iperf3 -s -p $IPERF_PORT >"$WORK/iperf-server.log" 2>&1 &
  at_end stop $!
  run_all
  report
}

# Across nodes, and both on secondary ENIs.
choose_pods() {
  read -r client_pid _ < <(pods_of node-a | awk '$3 == "eth1" && $4 ~ /^shop\/api-/')
  read -r server_pid server_ip _ < <(pods_of node-b | awk -v name=$SERVER '$4 == name')
}

# The order turns with each round, so that a drift of the machine falls on all modes alike.
run_all() {
  local round at mode
  for ((round = 0; round < rounds; round++)); do
    for at in "${!modes[@]}"; do
      mode=${modes[(at + round) % ${#modes[@]}]}
      say "round $((round + 1)) of $rounds: $mode"
      [ "$mode" = off ] || start_agents "--always-on=$mode"
      http "$WARMUP_SECONDS" "$EACH" >/dev/null
      [ "$mode" = off ] || settle
      tcp "$mode"
      udp "$mode"
      requests "$mode" kept "$KEPT"
      requests "$mode" each "$EACH"
      [ "$mode" = off ] || stop_agents
    done
  done
}

# Waits, within limits, until the agents have nothing left to do but watch.
settle() {
  local second used
  for ((second = 0; second < SETTLE_SECONDS; second++)); do
    used=$(agent_ticks)
    sleep 1
    used=$(($(agent_ticks) - used))
    [ $((used * 1000 / ($(getconf CLK_TCK) * ${#NODES[@]}))) -gt $SETTLED_PER_MILLE ] || return 0
  done
  say "the agents did not settle within $SETTLE_SECONDS s"
}

# User and system time of both agents.
agent_ticks() { for node in "${NODES[@]}"; do cat "/proc/${AGENT_PID[$node]}/stat"; done | awk '{sub(/.*\) /, ""); sum += $12 + $13} END {print sum}'; }

iperf() { in_netns "$client_pid" iperf3 -c "$server_ip" -p $IPERF_PORT -t "$seconds" -J "$@" >"$WORK/iperf.json" || fail "iperf3: $(jq -r .error "$WORK/iperf.json")"; }

tcp() {
  iperf
  jq '.end.sum_received.bits_per_second / 1e9' "$WORK/iperf.json" >>"$WORK/tcp.$1"
}

# As fast as the sender can: what counts is what arrives.
udp() {
  iperf -u -b 0 -l $UDP_BYTES
  jq '.end.sum_received.bits_per_second / 1e9 // (.end.sum | .bits_per_second * (100 - .lost_percent) / 1e11)' "$WORK/iperf.json" >>"$WORK/udp.$1"
}

# http SECONDS CONNECTION: what the header Connection asks for.
http() {
  in_netns "$client_pid" wrk -t1 -c"$connections" -d"$1"s --latency -H "Connection: $2" -s "$BENCH/gen/latency.lua" "http://$server_ip:$HTTP_PORT/"
}

# requests MODE WHICH CONNECTION: the line of latency.lua: requests per second, p50 and p99 in microseconds, errors.
requests() {
  local line
  line=$(http "$seconds" "$3" | sed -n 's/^bench //p')
  [ -n "$line" ] || fail 'wrk printed no figures'
  echo "$line" >>"$WORK/$2.$1"
}

# figures WHAT MODE: all runs, one a line.
figures() {
  case $1 in
    tcp | udp) cat "$WORK/$1.$2" ;;
    *-rps) cut -d' ' -f1 "$WORK/${1%-*}.$2" ;;
    *-p50) cut -d' ' -f2 "$WORK/${1%-*}.$2" ;;
    *-p99) cut -d' ' -f3 "$WORK/${1%-*}.$2" ;;
    *-errors) cut -d' ' -f4 "$WORK/${1%-*}.$2" ;;
  esac
}

report() {
  local what mode value base names
  declare -A names=([tcp]='iperf3 TCP, Gbit/s' [udp]='iperf3 UDP received, Gbit/s')
  for what in kept each; do
    names[$what-rps]="HTTP $what, requests/s" names[$what-p50]="HTTP $what, p50 µs"
    names[$what-p99]="HTTP $what, p99 µs" names[$what-errors]="HTTP $what, errors"
  done
  heading figure mode 'median (smallest – largest)' 'against off'
  for what in tcp udp {kept,each}-{rps,p50,p99,errors}; do
    base=$(figures $what off | median)
    for mode in "${modes[@]}"; do
      value=$(figures $what "$mode" | median)
      row "${names[$what]}" "$mode" "$(number "$value") ($(number "$(figures $what "$mode" | sort -g | head -n 1)") – $(number "$(figures $what "$mode" | sort -g | tail -n 1)"))" \
        "$(if [ "$(calc "$base == 0" %d)" = 1 ]; then echo -; else calc "100 * ($value - $base) / $base" '%+.1f %%'; fi)"
    done
  done
  printf '\nWanted: at most 5 %% less throughput; p99 in edges within the spread of off. HTTP "kept" keeps its connections, as clients do; "each" is a connection for each request.\n'
}

number() { calc "$1" "$(if [ "$(calc "$1 < 100" %d)" = 1 ]; then echo %.3f; else echo %.0f; fi)"; }

main "$@"
