package io.podhop.model;

/** What an interface is to the packets that cross it, in the order of a packet leaving a pod. */
public enum Role {
  /** A pod's own interface, inside the pod's network namespace. */
  POD_ETH0,
  /** The host's end of the pod's veth pair. */
  HOST_VETH,
  /** An elastic network interface of the node. */
  ENI,
  /** A VLAN interface of a trunk ENI that carries one pod (security groups for pods). */
  BRANCH_ENI,
  /** An interface of a capture file: where it was is not known. */
  FILE
}
