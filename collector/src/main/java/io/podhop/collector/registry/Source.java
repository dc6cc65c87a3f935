package io.podhop.collector.registry;

import io.podhop.model.Endpoint;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import java.util.List;

/**
 * Where a trace starts.
 *
 * @param pod {@code namespace/name}; empty when the node itself is the source
 * @param addresses all of the source's own addresses
 */
public record Source(
    Endpoint endpoint, NodeInventory inventory, String pod, List<IpAddress> addresses) {
  public Source {
    addresses = List.copyOf(addresses);
  }

  public String node() {
    return inventory.node();
  }
}
