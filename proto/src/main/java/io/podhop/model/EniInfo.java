package io.podhop.model;

import java.util.List;

/**
 * An ENI of a node.
 *
 * @param id {@code eni-…}; empty when the node cannot tell
 * @param addresses the interface's own (primary) addresses
 * @param routeTable the table its pods leave by; 254 is main
 */
public record EniInfo(
    String id, String interfaceName, int ifindex, List<IpAddress> addresses, int routeTable) {
  public EniInfo {
    addresses = List.copyOf(addresses);
  }
}
