package io.podhop.collector.registry;

/**
 * Where the VPC delivers what is sent to an address that a node holds.
 *
 * @param eniInterface the ENI that owns the address; empty when the node cannot tell
 * @param pod {@code namespace/name}; empty when the address is the node's own
 */
public record Holder(String node, String eniInterface, String pod) {
  /** {@code shop/web on node-a}, or the node. */
  public String label() {
    return pod.isEmpty() ? node : pod + " on " + node;
  }
}
