# lab exec
# shellcheck shell=bash

cmd_exec() {
  [ $# -ge 3 ] || usage_fail "lab exec LAB WHERE -- CMD…"
  use_lab "$1"
  local where=$2
  shift 2
  [ "$1" != -- ] || shift
  [ $# -gt 0 ] || usage_fail "lab exec LAB WHERE -- CMD…"
  build_podd
  find_processes
  process_at "$where"
  exec "$PODD" enter "$PROCESS" nmpui "$@"
}
