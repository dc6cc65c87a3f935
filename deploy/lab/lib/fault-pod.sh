# Faults of a pod's own process.
# shellcheck shell=bash

# pod_control NAME POD COMMAND UNDO
pod_control() {
  local socket
  require_pod "$2"
  control_socket "$POD_CID" socket
  remember "$1 $2" same_pod "$2" "$POD_CID" "$PODD" control "$socket" "$4"
  "$PODD" control "$socket" "$3"
}

fault_closed_port() {
  arguments "closed-port NAMESPACE/POD" 1 "$@"
  pod_control closed-port "$1" close-port open-port
}

fault_no_answer() {
  arguments "no-answer NAMESPACE/POD" 1 "$@"
  pod_control no-answer "$1" stall resume
}
