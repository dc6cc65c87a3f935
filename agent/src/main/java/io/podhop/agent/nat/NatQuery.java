package io.podhop.agent.nat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import java.util.Set;

/**
 * A packet at one hook of a node.
 *
 * @param packet as it enters the hook
 * @param inInterface empty for a packet that the node itself sends, and behind routing
 * @param outInterface empty before routing
 * @param local the node's own addresses
 * @param fwmark as it enters the hook
 * @param connection as conntrack knows it when the packet enters the hook
 */
public record NatQuery(
    FlowKey packet,
    String inInterface,
    String outInterface,
    LocalAddresses local,
    int fwmark,
    ConnectionState connection,
    PacketDetails details) {
  public NatQuery {
    details = details.completed(packet.protocol(), connection);
  }

  /**
   * The first packet of a connection.
   *
   * @param localAddresses the node's own addresses (address type LOCAL); 127.0.0.0/8 is added
   */
  public NatQuery(
      FlowKey packet,
      String inInterface,
      String outInterface,
      Set<IpAddress> localAddresses,
      int fwmark) {
    this(
        packet,
        inInterface,
        outInterface,
        LocalAddresses.of(localAddresses),
        fwmark,
        ConnectionState.FIRST,
        PacketDetails.NONE);
  }

  /** The same packet of a connection in this state. */
  public NatQuery with(ConnectionState state) {
    return new NatQuery(packet, inInterface, outInterface, local, fwmark, state, details);
  }

  /** The same packet with these details. */
  public NatQuery with(PacketDetails known) {
    return new NatQuery(packet, inInterface, outInterface, local, fwmark, connection, known);
  }

  /** The same packet at a node with these addresses. */
  public NatQuery with(LocalAddresses addresses) {
    return new NatQuery(packet, inInterface, outInterface, addresses, fwmark, connection, details);
  }

  /** Of two families. */
  boolean isIpv4() {
    return packet.source().isIpv4();
  }
}
