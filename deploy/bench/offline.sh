#!/bin/bash
# shellcheck disable=SC2016 # back quotes are Markdown here
# Benchmark 1: packets per CPU-second of podhop flows --pcap against flow meters, on the same file. See README.md.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

packets=20000000
connections=20000
rounds=$ROUNDS_DEFAULT
directory=$TEMPORARY
file=

usage() {
  cat <<'TEXT'
deploy/bench/offline.sh [--packets N] [--connections N] [--rounds N] [--dir DIR] [--file PCAP]

  --packets      in the generated file (default 20000000, 1.6 GB)
  --connections  at a time (default 20000)
  --rounds       each program so often, in turn; medians are shown (default 3)
  --dir          where the file is generated, and removed (default: TMPDIR, else /tmp)
  --file         use this pcap instead of generating one; it is left as it is
TEXT
}

main() {
  while [ $# -gt 0 ]; do
    case $1 in
      --packets | --connections | --rounds) need_number "$1" "${2:-}" && printf -v "${1#--}" %s "$2" ;;
      --dir) directory=${2:?--dir takes a directory} ;;
      --file) file=${2:?--file takes a pcap} ;;
      -h | --help) usage && exit ;;
      *) usage >&2 && exit 2 ;;
    esac
    shift 2
  done
  require_root
  begin_work "$directory"
  prepare_packages
  build_tool pcapgen
  local ours=1
  if ! prepare_podhop || ! podhop_has flows --pcap; then
    say 'podhop flows --pcap does not exist in this build: only the peers run'
    ours=
  fi
  printf '## Offline: packets per CPU-second\n\n'
  describe_machine
  make_input
  run_all
  report
}

make_input() {
  local tenth=$((packets / 10)) said
  if [ -n "$file" ]; then
    packets=$(capinfos -Mrc "$file" | awk 'END {print $NF}')
    tenth=$((packets / 10))
    editcap -r "$file" "$WORK/tenth.pcap" "1-$tenth"
    said="$file, $packets packets"
  else
    file=$WORK/all.pcap
    say "generating $packets packets"
    said=$("$GEN/pcapgen" -n "$packets" -c "$connections" "$file")
    "$GEN/pcapgen" -n "$tenth" -c "$connections" "$WORK/tenth.pcap" >/dev/null
  fi
  tenth_packets=$tenth
  printf -- '- input: %s; %s bytes\n' "$said" "$(stat -c %s "$file")"
  cat "$file" "$WORK/tenth.pcap" >/dev/null # the page cache is warm for everybody
}

# command_of PROGRAM: the words of its command. Each does what it does by itself with a whole file and prints or
# stores its flows where that costs least. What was tried and why these options: README.md.
command_of() {
  case $1 in
    tcpdump) words=(tcpdump -r "$file" -w /dev/null) ;;
    podhop) words=("$PODHOP" flows --pcap "$file" --last 20) ;;
    podhop-json) words=("$PODHOP" flows --pcap "$file" -o json) ;;
    softflowd) words=(softflowd -r "$file" -d -c none -m $((connections * 5 / 2))) ;;
    nfpcapd) words=(nfpcapd -r "$file" -w "$WORK/nfdump") ;;
    argus) words=(argus -X -r "$file" -w /dev/null) ;;
    tshark) words=(tshark -n -q -z 'conv,tcp' -r "$WORK/tenth.pcap") ;;
  esac
}

run_all() {
  local round program
  programs=(tcpdump softflowd nfpcapd argus tshark)
  [ -z "$ours" ] || programs=(podhop podhop-json "${programs[@]}")
  for ((round = 1; round <= rounds; round++)); do
    for program in "${programs[@]}"; do
      say "round $round of $rounds: $program"
      run_one "$program"
    done
  done
}

run_one() {
  local words=()
  rm -rf "$WORK/nfdump"
  mkdir "$WORK/nfdump"
  command_of "$1"
  if ! /usr/bin/time -f '%U %S %e %M' -o "$WORK/time" "${words[@]}" >"$WORK/$1.out" 2>"$WORK/$1.err"; then
    fail "$1 failed: $(tail -n 3 "$WORK/$1.err")"
  fi
  awk '{print $1 + $2, $3, $4 / 1024}' "$WORK/time" >>"$WORK/$1.runs"
  rm -f "$WORK/$1.out"
}

report() {
  local program cpu rate fastest='' fastest_rate=0 count ours_rate=
  declare -A rates
  printf '\n'
  heading program 'CPU s, median (all runs)' 'wall s' 'peak MB' 'million packets per CPU-second' 'ns per packet'
  for program in "${programs[@]}"; do
    count=$packets
    [ "$program" != tshark ] || count=$tenth_packets
    cpu=$(cut -d' ' -f1 "$WORK/$program.runs" | median)
    rate=$(calc "$count / $cpu / 1e6" %.3f)
    rates[$program]=$rate
    row "$(label "$program")" "$cpu ($(cut -d' ' -f1 "$WORK/$program.runs" | paste -sd' '))" \
      "$(cut -d' ' -f2 "$WORK/$program.runs" | median)" "$(calc "$(cut -d' ' -f3 "$WORK/$program.runs" | median)" %.0f)" \
      "$rate" "$(calc "$cpu * 1e9 / $count" %.0f)"
    case $program in
      podhop) ours_rate=$rate ;;
      podhop-json | tcpdump) ;;
      *) if [ "$(calc "$rate > $fastest_rate" %d)" = 1 ]; then fastest=$program fastest_rate=$rate; fi ;;
    esac
  done
  printf '\nThe fastest flow meter of the peers is %s.\n' "$fastest"
  [ -n "$ours_rate" ] || return 0
  printf '\n'
  heading 'podhop against' 'ratio of packets per CPU-second'
  for program in "${programs[@]}"; do
    [[ $program = podhop* ]] || row "$program" "$(calc "$ours_rate / ${rates[$program]}") ×"
  done
  printf '\nWanted: at least 3 × the fastest flow meter. Got %s × (%s).\n' "$(calc "$ours_rate / $fastest_rate")" "$fastest"
}

label() {
  case $1 in
    podhop) echo '`podhop flows --pcap --last 20`' ;;
    podhop-json) echo '`podhop flows --pcap -o json`' ;;
    tcpdump) echo '`tcpdump -w /dev/null` (the floor)' ;;
    tshark) echo "\`tshark -z conv,tcp\` (first tenth of the input: $tenth_packets packets)" ;;
    *) echo "\`$1\`" ;;
  esac
}

main "$@"
