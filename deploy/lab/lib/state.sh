# The lab's directory under /run and the records in it. Sourced on the host and inside the lab alike.
# shellcheck shell=bash

readonly LABS=/run/podhop-lab

fail() {
  printf 'lab: %s\n' "$*" >&2
  exit 1
}

usage_fail() {
  printf 'lab: %s\n' "$*" >&2
  exit 2
}

# use_lab LAB: sets LAB, DIR, BACKEND, CONNMARK and CLUSTER_DIR of a lab that is complete.
use_lab() {
  [[ $1 =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] || usage_fail "not a lab's name: '$1'"
  LAB=$1 DIR=$LABS/$1
  [ -d "$DIR" ] || fail "no lab named $LAB; 'lab list' shows those there are"
  [ -e "$DIR/complete" ] || fail "lab $LAB is not complete; remove it with: lab down $LAB"
  read_settings
}

read_settings() {
  # shellcheck source=/dev/null
  source "$DIR/settings"
}

# pod_record NAMESPACE/NAME: sets POD_NODE POD_IP POD_ENI POD_CID POD_VETH POD_NETNS POD_TIME; false when there is none.
pod_record() {
  local node file
  for node in "${NODES[@]}"; do
    file=$DIR/$node/pods/${1/\//_}
    [ -f "$file" ] || continue
    POD_NODE=$node
    read -r POD_IP POD_ENI POD_CID POD_VETH POD_NETNS POD_TIME < "$file"
    return 0
  done
  return 1
}

require_pod() {
  pod_record "$1" || fail "no pod $1 in lab $LAB; 'lab status $LAB' shows its pods"
}

# control_socket CID
control_socket() { printf -v "$2" '%s/control/%s' "$DIR" "${1:0:16}"; }
