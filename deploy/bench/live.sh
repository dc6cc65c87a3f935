#!/bin/bash
# Benchmark 2: drops and CPU per packet of a live capture of one veth, podhop against tcpdump. See README.md.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

frames=3000000
flows=1000
length=128
warmup=2000000
rates=100000,300000,0
rounds=$ROUNDS_DEFAULT
ring=8192

readonly WARMUP_RATE=100000

usage() {
  cat <<'TEXT'
deploy/bench/live.sh [--frames N] [--flows N] [--length BYTES] [--rates R,R,…] [--warmup N] [--ring KIB] [--rounds N]

  --frames  of each measurement (default 3000000)
  --flows   connections they belong to (default 1000)
  --length  of a frame with data (default 128); every other frame is an acknowledgement of 66 bytes
  --rates   frames per second, 0 for unpaced (default 100000,300000,0)
  --warmup  frames sent before a measurement, at 100000 a second, not counted (default 500000)
  --ring    -B of the second tcpdump, in KiB (default 8192; the first has tcpdump's default of 2048)
  --rounds  each receiver so often at each rate, in turn (default 3)
TEXT
}

main() {
  while [ $# -gt 0 ]; do
    case $1 in
      --frames | --flows | --length | --warmup | --ring | --rounds) need_number "$1" "${2:-}" && printf -v "${1#--}" %s "$2" ;;
      --rates)
        [[ ${2:-} =~ ^[0-9]+(,[0-9]+)*$ ]] || fail '--rates takes numbers with commas'
        rates=$2
        ;;
      -h | --help) usage && exit ;;
      *) usage >&2 && exit 2 ;;
    esac
    shift 2
  done
  require_root
  [ "$(nproc)" -ge 2 ] || fail 'needs two processors: one for the sender, one for the receiver'
  begin_work "$TEMPORARY"
  prepare_packages
  build_tool blast
  receivers=(tcpdump tcpdump-B)
  if prepare_podhop && podhop_has bench-capture; then
    receivers=(podhop "${receivers[@]}")
  else
    say 'podhop bench-capture does not exist in this build: only tcpdump runs'
  fi
  make_veth
  printf '## Live capture of one veth\n\n'
  describe_machine
  printf -- '- %s frames per measurement, %s flows, %s and 66 bytes; sender on processor 0, receiver on processor 1; %s frames of warm-up\n' \
    "$frames" "$flows" "$length" "$warmup"
  run_all
  report
}

# The frames end right after the receiver's tap: an ingress hook drops them, so that no IP stack is measured.
make_veth() {
  prefix=$(printf 'pb%04x' $((SRANDOM & 0xffff)))
  at_end remove_namespaces
  ip netns add "$prefix-s"
  ip netns add "$prefix-r"
  local end
  for end in s r; do ip netns exec "$prefix-$end" sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
  ip -n "$prefix-s" link add out type veth peer name in netns "$prefix-r"
  ip -n "$prefix-s" link set out arp off up
  ip -n "$prefix-r" link set in arp off up
  ip netns exec "$prefix-r" nft -f - <<'NFT'
table netdev bench {
  chain ingress {
    type filter hook ingress device in priority 0; policy drop;
  }
}
NFT
  mac=$(ip -n "$prefix-r" -j link show in | jq -r '.[0].address')
}

remove_namespaces() {
  ip netns del "$prefix-s" 2>/dev/null
  ip netns del "$prefix-r" 2>/dev/null
}

run_all() {
  local round rate receiver
  for ((round = 1; round <= rounds; round++)); do
    for rate in ${rates//,/ }; do
      for receiver in "${receivers[@]}"; do
        say "round $round of $rounds, $(rate_name "$rate"): $receiver"
        measure "$receiver" "$rate"
      done
    done
  done
}

rate_name() { if [ "$1" = 0 ]; then echo unpaced; else echo "$1/s"; fi; }

# Appends to RECEIVER.RATE: sent, dropped by the kernel, CPU in ms, frames per second reached.
measure() {
  local receiver=$1 rate=$2 pid before after sent per_second received dropped
  start_receiver "$receiver" "$rate"
  await_tap
  send "$warmup" "$WARMUP_RATE" >/dev/null
  sleep 0.5
  before=$(cpu_ms "$pid") || fail "$receiver ended by itself: $(tail -n 3 "$WORK/receiver.err")"
  send "$frames" "$rate" >"$WORK/sent.json"
  sleep 1.5
  after=$(cpu_ms "$pid") || fail "$receiver ended by itself: $(tail -n 3 "$WORK/receiver.err")"
  end_receiver "$receiver"
  sent=$(jq .sent "$WORK/sent.json")
  per_second=$(jq '.sent / .seconds | floor' "$WORK/sent.json")
  [ $((received + dropped)) = "$sent" ] ||
    say "$receiver accounts for $((received + dropped)) frames of $sent: $received received, $dropped dropped"
  echo "$sent $((sent - received)) $dropped $((after - before)) $per_second" >>"$WORK/$receiver.$rate"
}

# Both as they are used: tcpdump with its default of waiting for a full buffer or a second.
start_receiver() {
  local words=() seconds
  case $1 in
    tcpdump) words=(ip netns exec "$prefix-r" tcpdump -Z root -n -i in -s 96 -w /dev/null) ;;
    tcpdump-B) words=(ip netns exec "$prefix-r" tcpdump -Z root -n -i in -s 96 -B "$ring" -w /dev/null) ;;
    podhop)
      seconds=$((warmup / WARMUP_RATE + frames / ($2 > 0 ? $2 : 200000) + 8))
      words=("$PODHOP" bench-capture --netns "/run/netns/$prefix-r" --interface in --seconds "$seconds"
        --warmup-packets "$warmup" -o json)
      ;;
  esac
  taskset -c 1 "${words[@]}" >"$WORK/receiver.out" 2>"$WORK/receiver.err" &
  pid=$!
}

# A packet socket bound to the interface is what both capture with.
await_tap() {
  local try
  for try in {1..200}; do
    # Its first line is a heading.
    [ "$(ip netns exec "$prefix-r" cat /proc/net/packet | wc -l)" -lt 2 ] || break
    [ "$try" -lt 200 ] || fail "no packet socket appeared: $(tail -n 3 "$WORK/receiver.err")"
    sleep 0.1
  done
  sleep 0.5
}

send() {
  ip netns exec "$prefix-s" taskset -c 0 "$GEN/blast" -n "$1" -r "$2" -f "$flows" -l "$length" out "$mac"
}

end_receiver() {
  if [ "$1" = podhop ]; then
    wait "$pid" || fail "podhop bench-capture failed: $(tail -n 3 "$WORK/receiver.err")"
    received=$(jq .received "$WORK/receiver.out")
    dropped=$(jq .kernelDropped "$WORK/receiver.out")
  else
    stop "$pid" INT
    received=$(($(sed -n 's/ packets\? captured$//p' "$WORK/receiver.err") - warmup))
    dropped=$(sed -n 's/ packets\? dropped by kernel$//p' "$WORK/receiver.err")
  fi
}

report() {
  local rate receiver ns reached missing dropped reference
  printf '\n'
  heading rate 'frames/s reached' receiver 'not received (all runs)' 'said dropped' 'CPU ns per frame, median (all runs)' 'against tcpdump'
  for rate in ${rates//,/ }; do
    reference=$(ns_per_frame tcpdump "$rate" | median)
    for receiver in "${receivers[@]}"; do
      ns=$(ns_per_frame "$receiver" "$rate" | median)
      reached=$(cut -d' ' -f5 "$WORK/$receiver.$rate" | median)
      missing=$(cut -d' ' -f2 "$WORK/$receiver.$rate" | paste -sd' ')
      dropped=$(cut -d' ' -f3 "$WORK/$receiver.$rate" | paste -sd' ')
      row "$(rate_name "$rate")" "$reached" "$(label "$receiver")" "$missing" "$dropped" \
        "$ns ($(ns_per_frame "$receiver" "$rate" | paste -sd' '))" "$(calc "$ns / ($reference > 0 ? $reference : 1)") ×"
    done
  done
  printf '\nWanted of podhop: no drops where tcpdump has none, and at most 3 × its CPU per frame.\n'
}

ns_per_frame() { awk '{printf "%.0f\n", $4 * 1e6 / $1}' "$WORK/$1.$2"; }

label() {
  case $1 in
    tcpdump) echo 'tcpdump -s 96 -w /dev/null' ;;
    tcpdump-B) echo "the same with -B $ring" ;;
    podhop) echo 'podhop bench-capture' ;;
  esac
}

main "$@"
