# Faults of addresses: recycled within the cooldown, or none left.
# shellcheck shell=bash

# The address of POD goes to NEWPOD at once. A running ipamd keeps it back for 30 s; one that restarts forgets that it should.
fault_recycle() {
  arguments "recycle NAMESPACE/POD NAMESPACE/NEWPOD" 2 "$@"
  require_pod "$1"
  [[ $2 =~ ^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*$ ]] || usage_fail "not NAMESPACE/NAME: '$2'"
  local node=$POD_NODE eni=$POD_ENI ip=$POD_IP
  if pod_record "$2"; then fail "pod $2 exists already on $POD_NODE"; fi
  remember "recycle $1 $2" unrecycle "$node" "$1" "$2" "$eni" "$ip"
  inside "$node" cni_recycle_locked "$node" "$1" "$2" "$eni" "$ip"
  publish_status
}

# unrecycle NODE POD NEWPOD ENI ADDRESS: POD is there again, as another sandbox.
unrecycle() {
  if pod_record "$3" && [ "$POD_IP" = "$5" ]; then inside "$1" cni_del_locked "$1" "$3"; fi
  if ! pod_record "$2"; then inside "$1" cni_add_locked "$1" "$2" "$4" "$5"; fi
  find_processes
  publish_status
}

# The node's pool holds no more than what is in use, and the ADD of POD fails for that.
fault_no_address() {
  [[ $# -eq 2 || ($# -eq 4 && $3 = --reason) ]] || usage_fail "lab fault LAB no-address NODE NAMESPACE/POD [--reason subnet|instance-limit|fragmentation|throttling|iam]"
  require_node "$1"
  local reason=${4:-subnet}
  [[ $reason =~ ^(subnet|instance-limit|fragmentation|throttling|iam)$ ]] || usage_fail "--reason is subnet, instance-limit, fragmentation, throttling or iam, not '$reason'"
  [[ $2 =~ ^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*$ ]] || usage_fail "not NAMESPACE/NAME: '$2'"
  if pod_record "$2"; then fail "pod $2 exists already on $POD_NODE"; fi
  if [ -e "$DIR/$1/exhausted" ]; then fail "$1 has no addresses already; clear that first"; fi
  remember "no-address $1 $2 --reason $reason" inside "$1" pool_refilled "$1"
  inside "$1" pool_exhausted "$1" "$reason"
  if inside "$1" cni_add_locked "$1" "$2" eth0 '' 2> /dev/null; then fail "$2 has an address all the same"; fi
}
