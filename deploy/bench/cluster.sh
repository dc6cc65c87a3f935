# What the benchmarks on a lab share: the lab, its pods, collector and agents. Sourced after common.sh.
# shellcheck shell=bash disable=SC2034 # its variables are for those who source it

readonly NODES=(node-a node-b)
readonly VPC_COLLECTOR=192.168.0.5:4317
readonly METRICS=127.0.0.1:9464
declare -A AGENT_PID AGENT_SHELL

raise_lab() {
  LAB=$(printf 'bench-%04x' $((SRANDOM & 0xffff)))
  at_end lower_lab
  say "lab $LAB"
  setpriv --pdeathsig KILL "$LAB_TOOL" up --name "$LAB" >"$WORK/lab.log" || fail 'the lab did not come up'
}

lower_lab() { "$LAB_TOOL" down "$LAB" >/dev/null 2>&1 || say "lab $LAB could not be removed: deploy/lab/lab down $LAB"; }

# add_pods NODE COUNT: until the node has COUNT pods, spread over its ENIs. An ENI of the lab comes with few
# addresses, hence further ones, of either node's subnet.
add_pods() {
  local node=$1 count subnet=5
  [ "$node" = node-a ] || subnet=37
  read_cluster
  count=$(jq --arg node "$node" '.nodes[] | select(.name == $node) | .pods | length' "$WORK/cluster.json")
  say "pods on $node: $2"
  for ((; count < $2; count++)); do
    "$LAB_TOOL" pod add "$LAB" "$node" "bench/pod-$count" --eni "eth$((count % 2))" --ip "192.168.$subnet.$((count + 10))" >>"$WORK/lab.log"
  done
  read_cluster
}

read_cluster() { "$LAB_TOOL" status "$LAB" -o json >"$WORK/cluster.json"; }

node_pid() { jq --arg node "$1" '.nodes[] | select(.name == $node) | .pid' "$WORK/cluster.json"; }

# pods_of NODE: pid, address, ENI and name of each, one a line.
pods_of() {
  jq -r --arg node "$1" '.nodes[] | select(.name == $node) | .pods[] | "\(.pid) \(.ip) \(.interface) \(.namespace)/\(.name)"' \
    "$WORK/cluster.json"
}

netns_of() { printf '/proc/%s/ns/net\n' "$1"; }

# in_netns PID COMMAND…: in the network namespace of PID; everything else is as here.
in_netns() {
  local pid=$1
  shift
  nsenter --net="$(netns_of "$pid")" "$@"
}

start_collector() {
  local port
  port=$((20000 + SRANDOM % 10000))
  nice -n 19 "$PODHOP" collector --listen "127.0.0.1:$port" </dev/null >"$WORK/collector.log" 2>&1 &
  COLLECTOR=$!
  at_end stop "$COLLECTOR"
  export PODHOP_COLLECTOR=127.0.0.1:$port
  "$LAB_TOOL" relay "$LAB" "$VPC_COLLECTOR" "127.0.0.1:$port" >>"$WORK/lab.log"
}

# start_agents OPTION…: one in each node, and waits until they are registered. Stopping the lab stops them.
start_agents() {
  local node
  for node in "${NODES[@]}"; do
    "$LAB_TOOL" exec "$LAB" "$node" -- "$PODHOP" agent --collector "$VPC_COLLECTOR" --node "$node" "$@" \
      </dev/null >"$WORK/agent-$node.log" 2>&1 &
    AGENT_SHELL[$node]=$!
  done
  await_agents
  for node in "${NODES[@]}"; do
    AGENT_PID[$node]=$(java_below "${AGENT_SHELL[$node]}") || fail "the agent of $node has no process"
  done
}

await_agents() {
  local try node
  for try in {1..400}; do
    [ "$("$PODHOP" nodes -o json 2>/dev/null | jq '[.nodes[]? | select(.agent == "connected")] | length' 2>/dev/null)" != ${#NODES[@]} ] || return 0
    for node in "${NODES[@]}"; do
      kill -0 "${AGENT_SHELL[$node]}" 2>/dev/null || fail "the agent of $node ended by itself: $(tail -n 3 "$WORK/agent-$node.log")"
    done
    sleep 0.1
  done
  fail 'the agents did not register within a minute or so'
}

# java_below PID: PID itself or the first of its descendants that runs java.
java_below() {
  local child children
  if [ "$(cat "/proc/$1/comm" 2>/dev/null)" = java ]; then
    echo "$1"
    return 0
  fi
  children=$(cat "/proc/$1/task/"*/children 2>/dev/null)
  for child in $children; do
    java_below "$child" && return 0
  done
  return 1
}

stop_agents() {
  local node
  for node in "${!AGENT_PID[@]}"; do
    kill "${AGENT_PID[$node]}" 2>/dev/null || true
    stop "${AGENT_SHELL[$node]}"
    unset "AGENT_PID[$node]" "AGENT_SHELL[$node]"
  done
}

# metrics NODE: what the node's agent serves to Prometheus; nothing when it serves none.
metrics() { in_netns "$(node_pid "$1")" curl -fsS -m 5 "http://$METRICS/metrics" 2>/dev/null || true; }

# metric NAME [LABELS]: the sum over what standard input has of it, as a whole number.
metric() { awk -v name="$1" -v labels="${2:-}" 'index($0, name "{") == 1 || index($0, name " ") == 1 {if (labels == "" || index($0, labels)) sum += $NF} END {printf "%.0f\n", sum}'; }
