#!/bin/bash
# Two EKS-like nodes on this machine, a collector, an agent in each node, and five traces. Needs root.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

readonly STATES=/run/podhop-demo
readonly VPC_COLLECTOR=192.168.0.5:4317
readonly NODES=(node-a node-b)

usage() {
  cat <<'TEXT'
deploy/demo.sh [--keep] [--backend nft|legacy]
deploy/demo.sh --stop [NAME]

Builds podhop, raises a lab of two EKS-like nodes, runs a collector and one agent
per node, prints five traces, and cleans up. Exits 0 when each trace ended as it
should.

  --keep      leave everything running, and say how to use and how to stop it
  --stop      stop what --keep left running (all of it, or the demo NAME)
  --backend   iptables of the nodes: nft (default) or legacy
TEXT
}

main() {
  local backend=nft keep=
  while [ $# -gt 0 ]; do
    case $1 in
      --keep) keep=1 ;;
      --backend)
        backend=${2:-}
        [ $# -lt 2 ] || shift
        ;;
      --stop)
        require_root
        stop_kept "${2:-}"
        return
        ;;
      --guard)
        guard "$2" "$3"
        return
        ;;
      -h | --help)
        usage
        return
        ;;
      *) wrong_usage "unknown option $1" ;;
    esac
    shift
  done
  [[ $backend =~ ^(nft|legacy)$ ]] || wrong_usage "--backend is nft or legacy, not '$backend'"
  require_root
  run_demo "$backend" "$keep"
}

wrong_usage() {
  printf 'deploy/demo.sh: %s\n\n' "$1" >&2
  usage >&2
  exit 2
}

require_root() {
  [ "$(id -u)" = 0 ] && return
  echo 'deploy/demo.sh must run as root: it makes network namespaces.' >&2
  exit 1
}

run_demo() {
  local backend=$1 keep=$2
  child='' interrupted='' wrong=0 ready=
  prepare
  trap on_exit EXIT
  trap 'interrupted=1; exit 130' INT
  trap 'interrupted=1; exit 143' TERM
  trap 'interrupted=1; exit 129' HUP
  start_guard

  say 'Debian packages'
  run deploy/bin/install-packages
  find_java
  build
  say "lab $name: two nodes, backend $backend"
  run setpriv --pdeathsig KILL deploy/lab/lab up --name "$name" --backend "$backend" >"$logs/lab.log"
  start_collector
  start_agents
  await_agents
  five_traces
  ready=$keep
  [ "$wrong" = 0 ] || fail "$wrong of 5 traces did not end as they should"
  [ -n "$keep" ] || printf '\nAll five traces ended as they should.\n'
}

prepare() {
  local taken=1
  mkdir -p "$STATES"
  while [ $taken = 1 ]; do
    name=$(printf 'demo-%04x' $((SRANDOM & 0xffff)))
    state=$STATES/$name
    if mkdir "$state" 2>/dev/null; then taken=0; fi
  done
  logs=$(mktemp -d "${TMPDIR:-/tmp}/podhop-$name.XXXXXX")
  printf '%s\n' "$logs" >"$state/logs"
}

find_java() {
  PODHOP_JAVA=$(deploy/bin/java25 javac)
  export PODHOP_JAVA
}

# The start-up cache is what the build makes last.
build() {
  local made=deploy/target/podhop/podhop.aot
  if [ -e "$made" ] && [ -z "$(changed_since "$made")" ]; then return; fi
  say 'build (a minute or two the first time)'
  local maven=./mvnw
  ! command -v mvn >/dev/null || maven=mvn
  JAVA_HOME=$PODHOP_JAVA run "$maven" -q -B package -DskipTests >"$logs/build.log" 2>&1 ||
    fail 'the build failed' "$logs/build.log"
}

changed_since() {
  find pom.xml ./*/pom.xml ./*/src/main deploy/bin -type f -newer "$1" -print -quit
}

# What kill -9 of this script would leave behind, another process takes away.
start_guard() {
  setsid deploy/demo.sh --guard $$ "$name" </dev/null >/dev/null 2>&1 &
  record guard
}

guard() {
  local demo=$1 name=$2 logs
  tail --pid="$demo" -f /dev/null
  if [ -e "$STATES/$name/keep" ] || [ ! -d "$STATES/$name" ]; then return 0; fi
  logs=$(cat "$STATES/$name/logs")
  rm "$STATES/$name/guard"
  tear_down "$name"
  rm -rf "$logs"
}

# The last background process is no job of this shell any more: bash will not report its end.
record() {
  echo $! >"$state/$1"
  disown $!
}

start_collector() {
  local try
  for try in {1..20}; do
    port=$((20000 + SRANDOM % 10000))
    [ -n "$(ss -Hltn "sport = :$port")" ] || break
    [ "$try" -lt 20 ] || fail 'no free port found on the loopback'
  done
  export PODHOP_COLLECTOR=127.0.0.1:$port
  say "collector on $PODHOP_COLLECTOR, one agent in each node"
  setsid deploy/bin/podhop collector --listen "$PODHOP_COLLECTOR" \
    </dev/null >"$logs/collector.log" 2>&1 &
  record collector
  run deploy/lab/lab relay "$name" "$VPC_COLLECTOR" "$PODHOP_COLLECTOR" >>"$logs/lab.log"
}

start_agents() {
  local node
  for node in "${NODES[@]}"; do
    setsid deploy/lab/lab exec "$name" "$node" -- \
      "$PWD/deploy/bin/podhop" agent --collector "$VPC_COLLECTOR" --node "$node" \
      </dev/null >"$logs/agent-$node.log" 2>&1 &
    record "agent-$node"
  done
}

# Registered with the pods that the lab made: four on each node.
await_agents() {
  local deadline=$((SECONDS + 40)) part pid
  until [ "$(registered)" = ${#NODES[@]} ]; do
    for part in collector "${NODES[@]/#/agent-}"; do
      pid=$(cat "$state/$part")
      kill -0 "$pid" 2>/dev/null || fail "the $part ended by itself" "$logs/$part.log"
    done
    [ $SECONDS -lt $deadline ] ||
      fail 'the agents did not register within 40 s' "$logs/collector.log" "$logs"/agent-*.log
    pause 0.1
  done
}

registered() {
  deploy/bin/podhop nodes -o json 2>/dev/null >"$logs/nodes.json" || true
  jq -r '[.nodes[]? | select(.agent == "connected" and (.pods | length) >= 4)] | length' \
    "$logs/nodes.json" 2>/dev/null || echo 0
}

five_traces() {
  local web api
  web=$(pod_on node-a eth0 shop/web-)
  api=$(pod_on node-a eth1 shop/api-)
  trace 0 '1. Pod to pod on one node' "$web" shop/cart-0 -p 8080
  trace 0 '2. Pod to pod across nodes, both on secondary ENIs' "$api" shop/db-0 -p 8080
  trace 0 '3. Pod to a ClusterIP service' "$api" svc/db -n shop
  trace 0 '4. Pod to a host on the internet' "$api" 203.0.113.10 -p 80
  run deploy/lab/lab fault "$name" sg-drop "$api" shop/db-0 >>"$logs/lab.log"
  trace 1 '5. The same as 2, and a security group drops it' "$api" shop/db-0 -p 8080
  run deploy/lab/lab fault "$name" clear >>"$logs/lab.log"
  show '6. What the agents saw meanwhile, without being asked' flows --last 8
  example="$api shop/db-0 -p 8080"
}

# pod_on NODE ENI PREFIX: a pod as the agents report it, for generated names differ.
pod_on() {
  jq -er --arg node "$1" --arg eni "$2" --arg prefix "$3" \
    'first(.nodes[] | select(.node == $node) | .pods[] | select(.eni == $eni)
     | "\(.namespace)/\(.name)" | select(startswith($prefix)))' "$logs/nodes.json" ||
    fail "the agent of $1 does not report a pod $3… on $2" "$logs/agent-$1.log"
}

# A command that must succeed: show HEADING COMMAND [ARGUMENT]...
show() {
  local heading=$1
  shift
  printf '\n== %s\n$ deploy/bin/podhop %s\n' "$heading" "$*"
  run deploy/bin/podhop "$@" || wrong=$((wrong + 1))
}

trace() {
  local expected=$1 heading=$2 code=0
  shift 2
  printf '\n== %s\n$ deploy/bin/podhop trace %s\n' "$heading" "$*"
  run deploy/bin/podhop trace "$@" || code=$?
  [ $code != "$expected" ] || return 0
  printf 'This trace should have ended with exit code %s, and ended with %s.\n' "$expected" $code
  wrong=$((wrong + 1))
}

say() { printf '== %s\n' "$1"; }

# Bash runs a trap only when the command in front of it has ended; a wait it interrupts.
run() {
  local code=0
  "$@" <&0 &
  child=$!
  wait "$child" || code=$?
  child=
  return $code
}

pause() { run sleep "$1"; }

fail() {
  local log
  printf '\ndeploy/demo.sh: %s.\n' "$1" >&2
  shift
  for log in "$@"; do
    printf -- '-- the end of %s:\n' "$log" >&2
    tail -n 15 "$log" >&2 || true
  done
  exit 1
}

on_exit() {
  local status=$?
  trap '' INT TERM HUP
  set +e
  [ -z "$child" ] || kill "$child" 2>/dev/null
  if [ -n "$ready" ] && [ -z "$interrupted" ]; then
    : >"$state/keep"
    stop_guard "$state"
    explain
    exit $status
  fi
  tear_down "$name"
  if [ $status = 0 ] || [ -n "$interrupted" ]; then
    rm -rf "$logs"
  else
    echo "The logs of collector, agents and lab are in $logs" >&2
  fi
  exit $status
}

explain() {
  cat <<TEXT

The demo $name keeps running. Use it:
  export PODHOP_COLLECTOR=$PODHOP_COLLECTOR
  deploy/bin/podhop nodes
  deploy/bin/podhop trace $example
  deploy/lab/lab fault $name list        # and: deploy/lab/lab --help
Logs: $logs
Stop it:
  deploy/demo.sh --stop
TEXT
}

stop_kept() {
  local kept found=
  for kept in "$STATES"/${1:-*}/keep; do
    [ -e "$kept" ] || continue
    found=1
    state=${kept%/keep}
    logs=$(cat "$state/logs")
    tear_down "${state##*/}"
    rm -rf "$logs"
    echo "stopped ${state##*/}"
  done
  [ -n "$found" ] || echo 'No demo is running.'
}

# tear_down NAME: idempotent. The lab takes the agents and the relay along.
tear_down() {
  local state=$STATES/$1 pid
  if [ -f "$state/collector" ]; then
    pid=$(cat "$state/collector")
    end_collector "$pid"
  fi
  deploy/lab/lab down "$1" >/dev/null 2>&1 || echo "lab $1 could not be removed: deploy/lab/lab down $1" >&2
  stop_guard "$state"
  rm -rf "$state"
  rmdir "$STATES" 2>/dev/null || true
}

# By its command line too: the number may belong to somebody else by now.
end_collector() {
  local try
  is_collector "$1" || return 0
  kill "$1" 2>/dev/null || true
  for try in {1..50}; do
    is_collector "$1" || return 0
    [ "$try" != 30 ] || kill -KILL "$1" 2>/dev/null || true
    sleep 0.1
  done
}

is_collector() {
  tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -Eq 'io\.podhop\.Podhop collector|bin/podhop collector'
}

# It leads its own process group, with the tail it waits for.
stop_guard() {
  local pid
  [ -f "$1/guard" ] || return 0
  pid=$(cat "$1/guard")
  kill -KILL -- "-$pid" 2>/dev/null || true
  rm -f "$1/guard"
}

main "$@"
