# What the benchmarks share: packages, builds, the machine's description, CPU readings, figures and tables.
# Sourced by every script here; the caller has set -euo pipefail.
# shellcheck shell=bash disable=SC2034 # its variables are for those who source it

export LC_ALL=C
BENCH=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
TOP=$(readlink -f "$BENCH/../..")
GEN=$TOP/deploy/target/bench
PODHOP=$TOP/deploy/bin/podhop
LAB_TOOL=$TOP/deploy/lab/lab
readonly BENCH TOP GEN PODHOP LAB_TOOL
readonly ROUNDS_DEFAULT=3
readonly TEMPORARY=${TMPDIR:-/tmp}

say() { printf '%s\n' "-- $*" >&2; }

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

require_root() { [ "$(id -u)" = 0 ] || fail 'must run as root'; }

# need_number NAME VALUE: whole and positive.
need_number() { [[ $2 =~ ^[1-9][0-9]{0,11}$ ]] || fail "$1 takes a whole number above 0, not '$2'"; }

# begin_work PARENT: a directory that is gone when the script ends, and functions to be called then, last registered first.
CLEANUPS=()
WORK=
begin_work() {
  local parent=$1
  mkdir -p "$parent"
  WORK=$(mktemp -d "$parent/podhop-bench.XXXXXX")
  trap end_work EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

end_work() {
  local status=$? at
  trap '' INT TERM
  set +e
  for ((at = ${#CLEANUPS[@]} - 1; at >= 0; at--)); do ${CLEANUPS[at]}; done
  if [ "$status" = 0 ] || [ "$status" -ge 130 ]; then rm -rf "$WORK"; else say "what the programs said is in $WORK"; fi
  exit "$status"
}

at_end() { CLEANUPS+=("$*"); }

prepare_packages() {
  "$TOP/deploy/bin/install-packages" "$BENCH/packages.txt" >&2
}

# build_tool NAME: gen/NAME.c, when it is newer than what was built of it.
build_tool() {
  local source=$BENCH/gen/$1.c made=$GEN/$1
  mkdir -p "$GEN"
  if [ "$source" -nt "$made" ] || [ "$BENCH/gen/number.h" -nt "$made" ]; then
    gcc -O2 -Wall -Wextra -Werror -o "$made" "$source" -lm
  fi
}

# Leaves podhop built as deploy/demo.sh leaves it; says so and returns 1 when it cannot be.
prepare_podhop() {
  local made=$TOP/deploy/target/podhop/podhop.aot maven=$TOP/mvnw
  PODHOP_JAVA=$("$TOP/deploy/bin/java25" javac) || return 1
  export PODHOP_JAVA
  if [ -e "$made" ] && [ -z "$(cd "$TOP" && find pom.xml ./*/pom.xml ./*/src/main deploy/bin -type f -newer "$made" -print -quit)" ]; then
    return 0
  fi
  say 'building podhop (a minute or two the first time)'
  ! command -v mvn >/dev/null || maven=mvn
  (cd "$TOP" && JAVA_HOME=$PODHOP_JAVA "$maven" -q -B package -DskipTests) >"$WORK/build.log" 2>&1 && return 0
  say "podhop did not build; the end of $WORK/build.log:"
  tail -n 5 "$WORK/build.log" >&2
  return 1
}

# podhop_has COMMAND [OPTION]: whether this podhop knows it.
podhop_has() {
  local help
  help=$("$PODHOP" "$1" --help 2>&1) || return 1
  grep -q "^Usage: podhop $1" <<<"$help" || return 1
  [ $# -lt 2 ] || grep -q -- "$2" <<<"$help"
}

# What the figures depend on, and whether somebody else was using the machine.
describe_machine() {
  local idle
  idle=$(idle_percent 2)
  printf '%s\n' \
    "- date: $(date -u +%FT%TZ), podhop $(git -C "$TOP" describe --always --dirty 2>/dev/null || echo unknown)" \
    "- machine: $(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(awk '/^MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo), Linux $(uname -r)" \
    "- before the start: load average $(cut -d' ' -f1-3 /proc/loadavg), processors $idle % idle over 2 s"
  [ "${idle%.*}" -ge 90 ] || printf '%s\n' '- **this machine was not idle: the figures below are noisy**'
  printf '\n'
}

idle_percent() {
  local before after
  before=$(head -n 1 /proc/stat)
  sleep "$1"
  after=$(head -n 1 /proc/stat)
  printf '%s\n%s\n' "$before" "$after" | awk '
    {idle = $5 + $6; all = 0; for (i = 2; i <= 9; i++) all += $i}
    NR == 1 {idle0 = idle; all0 = all}
    NR == 2 {printf "%.1f\n", 100 * (idle - idle0) / (all - all0)}'
}

# cpu_ms PID: user and system time of all threads it has and had, in ms (the kernel counts in 10 ms).
cpu_ms() {
  local line
  line=$(cat "/proc/$1/stat") || return 1
  # shellcheck disable=SC2086 # fields are words
  set -- ${line##*) }
  echo $(((${12} + ${13}) * 1000 / $(getconf CLK_TCK)))
}

# median, smallest, largest of numbers on standard input, one a line.
median() { sort -g | awk '{v[NR] = $1} END {if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; else print "-"}'; }

# calc EXPRESSION [FORMAT]
calc() { awk "BEGIN {printf \"${2:-%.2f}\", ($1)}"; }

# row CELL…: one row of a Markdown table. heading CELL…: its head.
row() {
  local cell
  for cell in "$@"; do printf '| %s ' "$cell"; done
  printf '|\n'
}

heading() {
  row "$@"
  printf '|%s\n' "$(printf -- '---|%.0s' "$@")"
}

# stop PID [SIGNAL]: and waits for it, at most 10 s.
stop() {
  local try
  kill "-${2:-TERM}" "$1" 2>/dev/null || return 0
  for try in {1..100}; do
    kill -0 "$1" 2>/dev/null || break
    [ "$try" -lt 100 ] || kill -KILL "$1" 2>/dev/null
    sleep 0.1
  done
  wait "$1" 2>/dev/null || true
}
