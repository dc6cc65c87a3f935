package io.podhop.model;

/**
 * What a packet means to its connection; a connection keeps the first of each kind at each point.
 */
public enum PacketKind {
  SYN("SYN"),
  SYN_ACK("SYN-ACK"),
  /** The first pure acknowledgement after the handshake's SYN-ACK. */
  ACK("ACK"),
  /** The first segment with payload. */
  DATA("data"),
  FIN("FIN"),
  RST("RST"),
  /** A UDP datagram. */
  DATAGRAM("datagram"),
  ECHO_REQUEST("echo"),
  ECHO_REPLY("echo reply"),
  /** An ICMP or ICMPv6 error that quotes a packet of the connection. */
  ICMP_ERROR("ICMP error");

  private final String label;

  PacketKind(String label) {
    this.label = label;
  }

  /** The name people know it by. */
  public String label() {
    return label;
  }

  /** Whether this packet opens a connection. */
  public boolean opens() {
    return this == SYN || this == ECHO_REQUEST || this == DATAGRAM;
  }
}
