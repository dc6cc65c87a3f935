package io.podhop.agent.nat;

import io.podhop.model.Protocol;
import java.util.Optional;

/**
 * What rules may ask of a packet beside its addresses and ports. Everything may be unknown: a rule
 * that asks for it then may or may not match.
 *
 * @param tcpFlags the flags byte of the TCP header (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32), or
 *     {@link #UNKNOWN}
 * @param icmpType or {@link #UNKNOWN}
 * @param icmpCode or {@link #UNKNOWN}
 * @param ttl time to live or hop limit as the hook sees it, or {@link #UNKNOWN}
 * @param length of the IP packet in bytes, or {@link #UNKNOWN}
 * @param sourceMac of the Ethernet header, in lower case
 * @param linkType {@code unicast}, {@code broadcast} or {@code multicast}: how the link delivered
 *     it
 */
public record PacketDetails(
    int tcpFlags,
    int icmpType,
    int icmpCode,
    int ttl,
    int length,
    Optional<String> sourceMac,
    Optional<String> linkType) {
  public static final int UNKNOWN = -1;

  /** Nothing but what follows from the connection. */
  public static final PacketDetails NONE = ofTcp(UNKNOWN);

  private static final int SYN = 2;

  /** Only the flags are known. */
  public static PacketDetails ofTcp(int flags) {
    return new PacketDetails(
        flags, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, Optional.empty(), Optional.empty());
  }

  /** Only type and code are known. */
  public static PacketDetails ofIcmp(int type, int code) {
    return new PacketDetails(
        UNKNOWN, type, code, UNKNOWN, UNKNOWN, Optional.empty(), Optional.empty());
  }

  /** A new TCP connection begins with SYN, podhop's ICMP flows are echo requests and replies. */
  PacketDetails completed(Protocol protocol, ConnectionState connection) {
    int flags = tcpFlags == UNKNOWN && connection.first() ? SYN : tcpFlags;
    boolean echo = icmpType == UNKNOWN && connection.state() != ConnectionState.State.RELATED;
    int type = echo && connection.tracked() ? echoType(protocol, connection.reply()) : icmpType;
    int code = echo && type != UNKNOWN ? 0 : icmpCode;
    return new PacketDetails(flags, type, code, ttl, length, sourceMac, linkType);
  }

  private static int echoType(Protocol protocol, boolean reply) {
    return switch (protocol) {
      case ICMP -> reply ? 0 : 8;
      case ICMPV6 -> reply ? 129 : 128;
      case TCP, UDP -> UNKNOWN;
    };
  }
}
