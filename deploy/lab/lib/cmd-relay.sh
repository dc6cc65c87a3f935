# lab relay
# shellcheck shell=bash

cmd_relay() {
  [ $# -eq 3 ] || usage_fail "lab relay LAB LISTEN-ADDRESS:PORT TARGET-ADDRESS:PORT"
  use_lab "$1"
  build_podd
  find_processes
  process_at vpc
  # A host of the VPC: the address is the VPC's own, so no forward rule (security group, loss) touches its traffic.
  "$PODD" enter "$PROCESS" nmpui ip address replace "${2%:*}/32" dev lo
  "$PODD" relay "$LAB" "$PROCESS" "$2" "$3"
}
