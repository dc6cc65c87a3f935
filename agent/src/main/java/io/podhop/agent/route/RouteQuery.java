package io.podhop.agent.route;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import java.util.OptionalInt;

/**
 * A packet as the routing policy sees it. A socket that sends it is taken to be bound to no
 * interface.
 *
 * @param fwmark the packet's mark; 0 when it has none
 * @param inInterface where it came in, such as a pod's host veth; empty or {@code lo} for packets
 *     of the node itself
 * @param transport what few rules ask for
 */
public record RouteQuery(
    IpAddress source, IpAddress destination, int fwmark, String inInterface, Transport transport) {
  static final String LOOPBACK = "lo";

  /** Without what few rules ask for: such a rule then makes the answer "cannot tell". */
  public RouteQuery(IpAddress source, IpAddress destination, int fwmark, String inInterface) {
    this(source, destination, fwmark, inInterface, Transport.UNKNOWN);
  }

  /** A packet of a flow, its type of service not known. */
  public static RouteQuery of(FlowKey flow, int fwmark, String inInterface) {
    return new RouteQuery(
        flow.source(), flow.destination(), fwmark, inInterface, Transport.of(flow));
  }

  /** Whether the node itself sends it. */
  public boolean isOwn() {
    return inInterface.isEmpty() || inInterface.equals(LOOPBACK);
  }

  /**
   * Header fields that only rules with {@code ipproto}, {@code sport}, {@code dport}, {@code tos}
   * ask for; empty where not known.
   *
   * @param protocol IANA number
   * @param tos the eight bits of the IPv4 type of service, or of the IPv6 traffic class
   * @param user whose socket sends it; what the node forwards counts as root's
   */
  public record Transport(
      OptionalInt protocol,
      OptionalInt sourcePort,
      OptionalInt destinationPort,
      OptionalInt tos,
      OptionalInt user) {
    static final int ROOT = 0;
    public static final Transport UNKNOWN =
        new Transport(
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty());

    static Transport of(FlowKey flow) {
      boolean ports = !flow.protocol().isIcmp();
      return new Transport(
          OptionalInt.of(flow.protocol().number()),
          ports ? OptionalInt.of(flow.sourcePort()) : OptionalInt.empty(),
          ports ? OptionalInt.of(flow.destinationPort()) : OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty());
    }

    /** As the kernel asks for the way back: ports exchanged, on nobody's behalf. */
    Transport reversed() {
      return new Transport(protocol, destinationPort, sourcePort, tos, OptionalInt.of(ROOT));
    }
  }
}
