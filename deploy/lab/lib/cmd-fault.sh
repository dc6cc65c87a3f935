# lab fault: each fault leaves a file in the lab's faults directory: its text, and the command that undoes it.
# shellcheck shell=bash

for part in kubeproxy node cmd-status fault-route fault-link fault-firewall fault-service fault-vpc fault-pod fault-conntrack fault-ipam; do
  # shellcheck source=/dev/null
  source "$HERE/lib/$part.sh"
done

# Every fault NAME is the function fault_NAME of lib/fault-*.sh, with _ for -.
readonly FAULTS=(
  sg-drop sg-drop-reply loss delay mtu-blackhole
  missing-512 missing-1024 missing-1536 old-1536 strict-rp no-host-route no-pod-route blackhole-route unreachable-neighbour stale-neighbour ip-forward-off
  leaked-rule foreign-rule duplicate-rule
  wrong-static-arp veth-down wrong-mtu
  node-firewall forward-drop firewall-drop firewall-reject missing-connmark connmark-first
  no-endpoints dead-backend
  snat-exhausted conntrack-full stale-conntrack
  closed-port no-answer listen-overflow stopped udp-buffer-full dns-nxdomain dns-servfail dns-timeout
  recycle no-address
)

cmd_fault() {
  [ $# -ge 2 ] || usage_fail "lab fault LAB list|clear|NAME…; 'lab --help' lists the faults"
  use_lab "$1"
  local name=$2
  shift 2
  build_podd
  find_processes
  process_at vpc
  exec 9> "$DIR/faults.lock"
  flock 9
  case $name in
    list) list_faults ;;
    clear) clear_faults ;;
    *)
      [[ " ${FAULTS[*]} " = *" $name "* ]] || usage_fail "no fault '$name'; there is: ${FAULTS[*]}"
      "fault_${name//-/_}" "$@"
      ;;
  esac
}

list_faults() {
  local file text
  for file in "$DIR"/faults/*; do
    [ -e "$file" ] || continue
    read -r text < "$file"
    printf '%s\n' "$text"
  done
}

# Last in, first out: what lies over another fault goes before it.
clear_faults() {
  local file text undo files=("$DIR"/faults/*)
  local i
  for ((i = ${#files[@]} - 1; i >= 0; i--)); do
    file=${files[i]}
    [ -e "$file" ] || continue
    { read -r text && IFS= read -r undo; } < "$file"
    eval "$undo" || fail "could not undo '$text'; raise a new lab"
    rm "$file"
  done
}

# remember TEXT UNDO-COMMAND…: written before the fault is made, so that a kill between the two still leaves something to clear.
remember() {
  local text=$1 number=0 file
  shift
  if list_faults | grep -qxF "$text"; then fail "there already: $text"; fi
  for file in "$DIR"/faults/*; do [ ! -e "$file" ] || number=$((10#${file##*/} + 1)); done
  printf -v file '%s/faults/%04d' "$DIR" $number
  {
    printf '%s\n' "$text"
    printf '%q ' "$@"
    printf '\n'
  } > "$file"
}

# same_pod POD CID COMMAND…: undoing something of a pod that was deleted meanwhile is nothing to do.
same_pod() {
  if pod_record "$1" && [ "$POD_CID" = "$2" ]; then "${@:3}"; fi
}

# arguments USAGE COUNT "$@": refuses another number of arguments.
arguments() {
  [ $(($# - 2)) -eq "$2" ] || usage_fail "lab fault LAB $1"
}

# endpoint_address POD-or-ADDRESS: sets ADDRESS, and POD_NODE (empty for an address).
endpoint_address() {
  POD_NODE=''
  if [[ $1 =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
    ADDRESS=$1
    return 0
  fi
  require_pod "$1"
  ADDRESS=$POD_IP
}

# write_sysctl NODE|vpc KEY VALUE, with the KEY below /proc/sys/net/ipv4; read_sysctl the same, into VALUE.
write_sysctl() { "$PODD" enter "${PID_OF[$1]}" n sh -c "echo '$3' > '/proc/sys/net/ipv4/$2'"; }
read_sysctl() { VALUE=$("$PODD" enter "${PID_OF[$1]}" n cat "/proc/sys/net/ipv4/$2"); }

# all_of COMMAND-WORD… -- COMMAND-WORD…: runs several commands, as one undo.
all_of() {
  local words=() word
  for word in "$@" --; do
    if [ "$word" != -- ]; then
      words+=("$word")
      continue
    fi
    "${words[@]}"
    words=()
  done
}
