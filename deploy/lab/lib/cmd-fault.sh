# lab fault: each fault leaves a file in the lab's faults directory: its text, and the command that undoes it.
# shellcheck shell=bash

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
    sg-drop | missing-1536 | closed-port | node-firewall | loss | no-answer) "fault_${name//-/_}" "$@" ;;
    *) usage_fail "no fault '$name'; there is: sg-drop missing-1536 closed-port node-firewall loss no-answer" ;;
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

in_vpc() { "$PODD" enter "${PID_OF[vpc]}" n "$@"; }
in_node() { "$PODD" enter "${PID_OF[$1]}" nmpui "${@:2}"; }

# same_pod POD CID COMMAND…: undoing something of a pod that was deleted meanwhile is nothing to do.
same_pod() {
  if pod_record "$1" && [ "$POD_CID" = "$2" ]; then "${@:3}"; fi
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

fault_sg_drop() {
  case $# in
    1) sg_drop_eni "$1" ;;
    2) sg_drop_pair "$1" "$2" ;;
    *) usage_fail "lab fault LAB sg-drop FROM TO, or sg-drop NODE/ethN" ;;
  esac
}

sg_drop_pair() {
  local from to from_node element
  endpoint_address "$1"
  from=$ADDRESS from_node=$POD_NODE
  endpoint_address "$2"
  to=$ADDRESS
  if [[ -n $from_node && $from_node = "$POD_NODE" ]]; then
    fail "$1 and $2 are both on $from_node: their traffic never enters the VPC, so no security group sees it"
  fi
  [[ $to != 10.100.* ]] || fail "$to is a service: the node has replaced it by an endpoint before the VPC sees the packet; name the endpoint's pod"
  # What leaves the VPC has the node's address already.
  if [[ -n $from_node && $to != 192.168.* ]]; then from=${PRIMARY[$from_node/eth0]}; fi
  element="{ $from . $to }"
  remember "sg-drop $1 $2" in_vpc nft delete element inet vpc denied_pairs "$element"
  in_vpc nft add element inet vpc denied_pairs "$element"
}

sg_drop_eni() {
  local eni=$1 candidate
  for candidate in "${ENIS[@]}"; do [ "${ENI_ID[$candidate]}" != "$1" ] || eni=$candidate; done
  is_eni "$eni" || fail "no ENI '$1'; there is: ${ENIS[*]}"
  remember "sg-drop $eni" in_vpc nft delete element inet vpc denied_ports "{ ${PORT[$eni]} }"
  in_vpc nft add element inet vpc denied_ports "{ ${PORT[$eni]} }"
}

fault_missing_1536() {
  [ $# -eq 1 ] || usage_fail "lab fault LAB missing-1536 NAMESPACE/POD"
  require_pod "$1"
  local table=${ROUTE_TABLE[$POD_ENI]}
  [ "$table" != 254 ] || fail "$1 is on the primary ENI: it has no rule 1536"
  local rule=(from "$POD_IP" lookup "$table" priority 1536)
  remember "missing-1536 $1" same_pod "$1" "$POD_CID" in_node "$POD_NODE" ip rule add "${rule[@]}"
  in_node "$POD_NODE" ip rule del "${rule[@]}"
}

# pod_control NAME POD COMMAND UNDO
pod_control() {
  local socket
  require_pod "$2"
  control_socket "$POD_CID" socket
  remember "$1 $2" same_pod "$2" "$POD_CID" "$PODD" control "$socket" "$4"
  "$PODD" control "$socket" "$3"
}

fault_closed_port() {
  [ $# -eq 1 ] || usage_fail "lab fault LAB closed-port NAMESPACE/POD"
  pod_control closed-port "$1" close-port open-port
}

fault_no_answer() {
  [ $# -eq 1 ] || usage_fail "lab fault LAB no-answer NAMESPACE/POD"
  pod_control no-answer "$1" stall resume
}

fault_node_firewall() {
  [ $# -eq 2 ] || usage_fail "lab fault LAB node-firewall NODE NAMESPACE/POD"
  is_node "$1" || fail "no node '$1'; there is: ${NODES[*]}"
  require_pod "$2"
  remember "node-firewall $1 $2" firewall "$1" "$POD_IP" "$2" -D
  firewall "$1" "$POD_IP" "$2" -I
}

# firewall NODE ADDRESS POD -I|-D
firewall() {
  local side
  for side in -s -d; do
    in_node "$1" "iptables-$BACKEND" -w 5 "$4" FORWARD $side "$2" -m comment --comment "lab fault: node-firewall $3" -j DROP
  done
}

fault_loss() {
  [[ $# -eq 1 && $1 =~ ^([0-9]{1,2})(\.([0-9]{1,2}))?$|^100$ ]] || usage_fail "lab fault LAB loss PERCENT, with PERCENT above 0 and up to 100 (two decimals)"
  local fraction=${BASH_REMATCH[3]:-}00 hundredths=10000
  [ "$1" = 100 ] || hundredths=$((10#${BASH_REMATCH[1]} * 100 + 10#${fraction:0:2}))
  [ $hundredths -gt 0 ] || usage_fail "loss of 0 is no fault; use: lab fault $LAB clear"
  if list_faults | grep -q '^loss '; then fail "there is a loss already; clear it first"; fi
  remember "loss $1" in_vpc nft flush chain inet vpc loss
  in_vpc nft add rule inet vpc loss numgen random mod 10000 "<=" $((hundredths - 1)) counter drop comment '"random loss"'
}
