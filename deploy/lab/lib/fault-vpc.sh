# Faults in the VPC: nothing on the nodes shows them but what is missing there.
# shellcheck shell=bash

# pair_element FROM TO: the nft element of their addresses, as the VPC sees them, into ELEMENT.
pair_element() {
  local from to from_node
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
  ELEMENT="{ $from . $to }" REPLY_ELEMENT="{ $to . $from }"
}

fault_sg_drop() {
  case $# in
    1) sg_drop_eni "$1" ;;
    2) sg_drop_pair "$1" "$2" ;;
    *) usage_fail "lab fault LAB sg-drop FROM TO, or sg-drop NODE/ethN" ;;
  esac
}

sg_drop_pair() {
  pair_element "$1" "$2"
  remember "sg-drop $1 $2" in_vpc nft delete element inet vpc denied_pairs "$ELEMENT"
  in_vpc nft add element inet vpc denied_pairs "$ELEMENT"
}

sg_drop_eni() {
  local eni=$1 candidate
  for candidate in "${ENIS[@]}"; do [ "${ENI_ID[$candidate]}" != "$1" ] || eni=$candidate; done
  is_eni "$eni" || fail "no ENI '$1'; there is: ${ENIS[*]}"
  remember "sg-drop $eni" in_vpc nft delete element inet vpc denied_ports "{ ${PORT[$eni]} }"
  in_vpc nft add element inet vpc denied_ports "{ ${PORT[$eni]} }"
}

# A network ACL is not stateful: the request passes, the reply does not.
fault_sg_drop_reply() {
  arguments "sg-drop-reply FROM TO" 2 "$@"
  pair_element "$1" "$2"
  remember "sg-drop-reply $1 $2" in_vpc nft delete element inet vpc denied_replies "$REPLY_ELEMENT"
  in_vpc nft add element inet vpc denied_replies "$REPLY_ELEMENT"
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

# Every packet that the VPC forwards waits so long, in either direction: a round trip takes twice that.
fault_delay() {
  [[ $# -eq 1 && $1 =~ ^[0-9]{1,4}$ && $1 -gt 0 ]] || usage_fail "lab fault LAB delay MS, with MS from 1 to 9999"
  if list_faults | grep -q '^delay '; then fail "there is a delay already; clear it first"; fi
  remember "delay $1" all_of delay_rule -D -- signal_delay
  "$PODD" enter "${PID_OF[vpc]}" nmpui "$PODD" delay "$LAB" "$1"
  delay_rule -A
}

delay_rule() { in_vpc iptables-nft -t mangle "$1" FORWARD -j NFQUEUE --queue-num 0 --queue-bypass 2> /dev/null || [ "$1" = -D ]; }
signal_delay() { [ -z "${PID_OF[delay]:-}" ] || kill "${PID_OF[delay]}" 2> /dev/null || true; }

# All that the VPC forwards, between the nodes and with the internet, passes a link of MTU 1400. Packets that may be fragmented are not stopped.
fault_mtu_blackhole() {
  [[ $# -eq 0 || ($# -eq 1 && $1 = --with-icmp) ]] || usage_fail "lab fault LAB mtu-blackhole [--with-icmp]"
  if list_faults | grep -q '^mtu-blackhole'; then fail "there is an MTU black hole already; clear it first"; fi
  remember "mtu-blackhole${1:+ $1}" all_of in_vpc nft flush chain inet vpc mtu -- route_mtu "mtu 1400" '' -- forget_path_mtu
  if [ $# -eq 1 ]; then
    route_mtu '' "mtu 1400"
  else
    in_vpc nft add rule inet vpc mtu meta length "> 1400" ip frag-off "&" 0x4000 "!=" 0 counter drop comment '"MTU 1400, no ICMP"'
  fi
}

# route_mtu OLD NEW: the metric of every route to an ENI or the internet; the kernel itself then answers "fragmentation needed".
route_mtu() {
  local device routes=''
  for device in "${PORT[@]}" igw; do
    routes+=$(in_vpc ip -4 route show dev "$device" | sed "${1:+s/ $1//;}s/ *\$//;s/^/route replace /;s/\$/ dev $device $2/")$'\n'
  done
  in_vpc ip -batch - <<< "$routes"
}

# What nodes and pods have learned of the path would outlive the fault by ten minutes.
forget_path_mtu() {
  local place
  for place in "${!PID_OF[@]}"; do
    [ "$place" = vpc ] || "$PODD" enter "${PID_OF[$place]}" n ip route flush cache
  done
}
