package io.podhop.agent.judge;

import io.podhop.agent.flow.IcmpErrorSeen;

/** ICMP and ICMPv6 errors in words (RFC 792, RFC 1812 5.2.7.1, RFC 4443). */
final class IcmpReason {
  private static final int UNREACHABLE = 3;
  private static final int FRAGMENTATION_NEEDED = 4;
  private static final int TIME_EXCEEDED = 11;
  private static final int V6_UNREACHABLE = 1;
  private static final int V6_TOO_BIG = 2;
  private static final int V6_TIME_EXCEEDED = 3;

  private IcmpReason() {}

  /** Whether it only asks for smaller packets: part of how a path MTU is found (RFC 1191, 8201). */
  static boolean isTooBig(IcmpErrorSeen error) {
    return error.sender().isIpv4()
        ? error.type() == UNREACHABLE && error.code() == FRAGMENTATION_NEEDED
        : error.type() == V6_TOO_BIG;
  }

  static String of(IcmpErrorSeen error) {
    return "ICMP "
        + (error.sender().isIpv4() ? v4(error) : v6(error))
        + " from "
        + error.sender()
        + (error.mtu() > 0 ? ", next hop MTU " + error.mtu() : "");
  }

  private static String v4(IcmpErrorSeen error) {
    if (error.type() == TIME_EXCEEDED) {
      return "time exceeded";
    }
    if (error.type() != UNREACHABLE) {
      return number(error);
    }
    return switch (error.code()) {
      case 0, 6, 11 -> "network unreachable";
      case 1, 7, 12 -> "host unreachable";
      case 2 -> "protocol unreachable";
      case 3 -> "port unreachable";
      case FRAGMENTATION_NEEDED -> "fragmentation needed";
      case 9, 10, 13 -> "administratively prohibited";
      default -> number(error);
    };
  }

  private static String v6(IcmpErrorSeen error) {
    if (error.type() == V6_TIME_EXCEEDED) {
      return "time exceeded";
    }
    if (error.type() == V6_TOO_BIG) {
      return "packet too big";
    }
    if (error.type() != V6_UNREACHABLE) {
      return number(error);
    }
    return switch (error.code()) {
      case 0 -> "no route to destination";
      case 1, 5 -> "administratively prohibited";
      case 3 -> "address unreachable";
      case 4 -> "port unreachable";
      default -> number(error);
    };
  }

  private static String number(IcmpErrorSeen error) {
    return "type " + error.type() + " code " + error.code();
  }
}
