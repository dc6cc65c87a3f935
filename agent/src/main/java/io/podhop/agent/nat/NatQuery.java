package io.podhop.agent.nat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import java.util.Set;

/**
 * The first packet of a connection at one hook of a node.
 *
 * @param packet as it enters the hook
 * @param inInterface empty for a packet that the node itself sends
 * @param outInterface empty before routing
 * @param localAddresses the node's own addresses (address type LOCAL); 127.0.0.0/8 is added
 * @param fwmark as it enters the hook
 */
public record NatQuery(
    FlowKey packet,
    String inInterface,
    String outInterface,
    Set<IpAddress> localAddresses,
    int fwmark) {
  public NatQuery {
    localAddresses = Set.copyOf(localAddresses);
  }
}
