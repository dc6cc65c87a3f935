# The podd binary: built on first use, and how its processes are found and entered.
# shellcheck shell=bash

PODD=$HERE/target/podd

build_podd() {
  local source sources=("$HERE/podd.c" "$HERE/podd-serve.c" "$HERE/podd-fault.c")
  local stale=no
  for source in "${sources[@]}" "$HERE/podd.h"; do [ "$PODD" -nt "$source" ] || stale=yes; done
  [ $stale = yes ] || return 0
  command -v gcc > /dev/null || fail "gcc is missing; install it with: apt-get install gcc libc6-dev"
  mkdir -p "$HERE/target"
  # Renamed into place: two first uses at once each get a whole file.
  local fresh=$PODD.$$
  gcc -O2 -static -Wall -Wextra -o "$fresh" "${sources[@]}" || {
    rm -f "$fresh"
    fail "podd does not build; on Debian it needs: apt-get install gcc libc6-dev"
  }
  mv "$fresh" "$PODD"
}

# find_processes: fills PID_OF[kind or node or pod] with pids as this namespace's /proc shows them.
find_processes() {
  local pid kind lab a b rest
  declare -gA PID_OF=()
  RELAYS=()
  while IFS=$'\t' read -r pid kind lab a b rest; do
    case $kind in
      lab-init) PID_OF[vpc]=$pid ;;
      inet) PID_OF[inet]=$pid ;;
      node) PID_OF[$a]=$pid ;;
      pod) PID_OF[$b]=$pid ;;
      relay) RELAYS+=("$pid") ;;
      introspect | hold | fill) PID_OF[$kind/$a]=$pid ;;
      delay) PID_OF[delay]=$pid ;;
    esac
  done < <("$PODD" ps "$LAB")
}

# process_at WHERE: its pid into PROCESS.
process_at() {
  PROCESS=${PID_OF[$1]:-}
  [ -n "$PROCESS" ] && return 0
  [ -n "${PID_OF[vpc]:-}" ] || fail "lab $LAB is dead (its processes were killed); remove it with: lab down $LAB"
  fail "no $1 in lab $LAB; there is: vpc inet ${NODES[*]} and the pods of 'lab status $LAB'"
}

# inside WHERE FUNCTION ARGS…: runs a function of lib/inside.sh in a node (all namespaces) or the vpc.
inside() {
  process_at "$1"
  shift
  "$PODD" enter "$PROCESS" nmpui env "DIR=$DIR" "LAB=$LAB" bash "$HERE/lib/inside.sh" "$@"
}

# In the network namespace of the VPC; in all of a node's namespaces; in the network namespace of a pod, with the machine's files.
in_vpc() { "$PODD" enter "${PID_OF[vpc]}" n "$@"; }
in_node() { "$PODD" enter "${PID_OF[$1]}" nmpui "${@:2}"; }
in_pod() { "$PODD" enter "${PID_OF[$1]}" n "${@:2}"; }
