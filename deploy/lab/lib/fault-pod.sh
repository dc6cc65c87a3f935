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

# The name of the catalogue for what no-answer does.
fault_listen_overflow() {
  arguments "listen-overflow NAMESPACE/POD" 1 "$@"
  pod_control listen-overflow "$1" stall resume
}

# signal_pod POD SIGNAL: of its process, which may have gone.
signal_pod() { [ -z "${PID_OF[$1]:-}" ] || kill "-$2" "${PID_OF[$1]}"; }

# The kernel still accepts connections for it, up to the queue's length.
fault_stopped() {
  arguments "stopped NAMESPACE/POD" 1 "$@"
  require_pod "$1"
  process_at "$1"
  remember "stopped $1" same_pod "$1" "$POD_CID" signal_pod "$1" CONT
  signal_pod "$1" STOP
}

# A reader that has stopped and small buffers, full before the first datagram of anybody else comes.
fault_udp_buffer_full() {
  arguments "udp-buffer-full NAMESPACE/POD" 1 "$@"
  local socket port ports=(7)
  require_pod "$1"
  process_at "$1"
  control_socket "$POD_CID" socket
  [[ $1 != infra/dns-* ]] || ports+=(53)
  remember "udp-buffer-full $1" same_pod "$1" "$POD_CID" all_of signal_pod "$1" CONT -- "$PODD" control "$socket" usual-buffers
  "$PODD" control "$socket" small-buffers
  signal_pod "$1" STOP
  for port in "${ports[@]}"; do in_pod "$1" "$PODD" flood "$POD_IP" "$port" 20; done
}

fault_dns_nxdomain() { dns_fault nxdomain "$@"; }
fault_dns_servfail() { dns_fault servfail "$@"; }
fault_dns_timeout() { dns_fault timeout "$@"; }

# dns_fault MODE POD
dns_fault() {
  arguments "dns-$1 NAMESPACE/POD, the pod that answers DNS" 1 "${@:2}"
  [[ $2 = infra/dns-* ]] || fail "$2 answers no DNS; infra/dns-… does"
  if list_faults | grep -qE "^dns-[a-z]+ $2\$"; then fail "its DNS is at fault already; clear that first"; fi
  pod_control "dns-$1" "$2" "dns-$1" dns-usual
}
