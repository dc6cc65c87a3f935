package io.podhop.model;

/**
 * The five-tuple of a packet as seen at one point. For ICMP echo both ports hold the identifier, so
 * that {@link #reversed()} means the same for every protocol.
 */
public record FlowKey(
    Protocol protocol,
    IpAddress source,
    int sourcePort,
    IpAddress destination,
    int destinationPort) {
  /**
   * @throws IllegalArgumentException when a port is outside 0..65535
   */
  public FlowKey {
    if ((sourcePort & ~0xffff) != 0 || (destinationPort & ~0xffff) != 0) {
      throw new IllegalArgumentException("no port: " + sourcePort + " or " + destinationPort);
    }
  }

  /** The same conversation in the other direction. */
  public FlowKey reversed() {
    return new FlowKey(protocol, destination, destinationPort, source, sourcePort);
  }

  /**
   * For example {@code tcp 192.168.1.21:40112 > 192.168.33.7:5432}, as tcpdump points its arrow.
   */
  @Override
  public String toString() {
    return protocol + " " + end(source, sourcePort) + " > " + end(destination, destinationPort);
  }

  private String end(IpAddress address, int port) {
    if (protocol.isIcmp()) {
      return address.toString();
    }
    return address.isIpv4() ? address + ":" + port : "[" + address + "]:" + port;
  }
}
