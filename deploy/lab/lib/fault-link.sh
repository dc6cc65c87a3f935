# Faults of a pod's wire: veth, MTU, static ARP.
# shellcheck shell=bash

fault_wrong_static_arp() {
  arguments "wrong-static-arp NAMESPACE/POD" 1 "$@"
  require_pod "$1"
  local mac
  mac=$(in_node "$POD_NODE" cat "/sys/class/net/$POD_VETH/address")
  remember "wrong-static-arp $1" same_pod "$1" "$POD_CID" static_arp "$1" "$mac"
  static_arp "$1" 02:00:5e:00:53:01
}

static_arp() { in_pod "$1" ip neigh replace 169.254.1.1 lladdr "$2" dev eth0 nud permanent; }

# The kernel takes the host route along with the link.
fault_veth_down() {
  arguments "veth-down NAMESPACE/POD" 1 "$@"
  require_pod "$1"
  remember "veth-down $1" same_pod "$1" "$POD_CID" all_of in_node "$POD_NODE" ip link set "$POD_VETH" up -- \
    put_route "$POD_NODE" "$POD_IP/32" dev "$POD_VETH" scope link
  in_node "$POD_NODE" ip link set "$POD_VETH" down
}

fault_wrong_mtu() {
  arguments "wrong-mtu NAMESPACE/POD" 1 "$@"
  require_pod "$1"
  remember "wrong-mtu $1" same_pod "$1" "$POD_CID" in_pod "$1" ip link set eth0 mtu "$VPC_MTU"
  in_pod "$1" ip link set eth0 mtu 1400
}
