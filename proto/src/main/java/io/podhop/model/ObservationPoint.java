package io.podhop.model;

/**
 * Where packets are seen: an interface in a network namespace of a node.
 *
 * @param netnsInode inode number of the network namespace ({@code lsns -t net}), unique on the node
 * @param owner the pod ({@code namespace/name}) of a POD_ETH0 or HOST_VETH, the ENI id of an ENI;
 *     empty when unknown
 */
public record ObservationPoint(
    String node, Role role, long netnsInode, int ifindex, String interfaceName, String owner) {
  /** Text that is the same for the same point on every run: what span ids are derived from. */
  public String identity() {
    return node + "|" + role + "|" + netnsInode + "|" + interfaceName;
  }

  /** For people: {@code web-0 eth0} in a pod, {@code node-a eth1} on a node. */
  public String label() {
    String place = role == Role.POD_ETH0 ? owner.substring(owner.indexOf('/') + 1) : node;
    return place + " " + interfaceName;
  }
}
