package io.podhop.agent.decode;

import io.podhop.model.Protocol;

/** Reads TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792) and ICMPv6 (RFC 4443) headers. */
final class TransportDecoder {
  private static final int TCP_HEADER = 20;
  private static final int UDP_HEADER = 8;
  private static final int ICMP_HEADER = 8;
  private static final int ICMP_REDIRECT = 5;
  private static final int ICMPV6_FIRST_INFORMATIONAL = 128;

  private TransportDecoder() {}

  static DecodeStatus decode(byte[] buffer, int end, PacketView view) {
    IpHeader ip = view.ip;
    if (ip.fragmentOffset != 0) {
      return isFollowed(ip.protocol) ? DecodeStatus.OK : DecodeStatus.UNSUPPORTED;
    }
    if (ip.protocol == Protocol.TCP.number()) {
      return decodeTcp(buffer, end, view);
    }
    if (ip.protocol == Protocol.UDP.number()) {
      return decodeUdp(buffer, end, view);
    }
    if (ip.protocol == Protocol.ICMP.number() || ip.protocol == Protocol.ICMPV6.number()) {
      return decodeIcmp(buffer, end, view);
    }
    return DecodeStatus.UNSUPPORTED;
  }

  private static boolean isFollowed(int protocol) {
    return protocol == Protocol.TCP.number()
        || protocol == Protocol.UDP.number()
        || protocol == Protocol.ICMP.number()
        || protocol == Protocol.ICMPV6.number();
  }

  private static DecodeStatus decodeTcp(byte[] buffer, int end, PacketView view) {
    int at = view.ip.payloadAt;
    TransportHeader tcp = view.transport;
    if (view.ip.payloadLength < TCP_HEADER) {
      return DecodeStatus.MALFORMED;
    }
    if (at + TCP_HEADER > end) {
      return DecodeStatus.TRUNCATED;
    }
    int headerLength = (BigEndian.u8(buffer, at + 12) >>> 4) * 4;
    if (headerLength < TCP_HEADER || headerLength > view.ip.payloadLength) {
      return DecodeStatus.MALFORMED;
    }
    tcp.sourcePort = BigEndian.u16(buffer, at);
    tcp.destinationPort = BigEndian.u16(buffer, at + 2);
    tcp.sequence = BigEndian.u32(buffer, at + 4);
    tcp.acknowledgment = BigEndian.u32(buffer, at + 8);
    tcp.flags = BigEndian.u16(buffer, at + 12) & 0x1ff;
    tcp.window = BigEndian.u16(buffer, at + 14);
    tcp.headerLength = headerLength;
    tcp.payloadLength = view.ip.payloadLength - headerLength;
    tcp.present = true;
    if (at + headerLength > end) {
      return DecodeStatus.TRUNCATED;
    }
    readTcpOptions(buffer, at + TCP_HEADER, at + headerLength, tcp);
    return DecodeStatus.OK;
  }

  private static void readTcpOptions(byte[] buffer, int from, int end, TransportHeader tcp) {
    int at = from;
    while (at < end && buffer[at] != 0) {
      if (buffer[at] == 1) {
        at++;
        continue;
      }
      int length = at + 1 < end ? BigEndian.u8(buffer, at + 1) : 0;
      if (length < 2 || at + length > end) {
        return;
      }
      readTcpOption(buffer, at, length, tcp);
      at += length;
    }
  }

  private static void readTcpOption(byte[] buffer, int at, int length, TransportHeader tcp) {
    int kind = BigEndian.u8(buffer, at);
    if (kind == 2 && length == 4) {
      tcp.mss = BigEndian.u16(buffer, at + 2);
    } else if (kind == 3 && length == 3) {
      tcp.windowScale = BigEndian.u8(buffer, at + 2);
    } else if (kind == 4 && length == 2) {
      tcp.sackPermitted = true;
    } else if (kind == 8 && length == 10) {
      tcp.timestampValue = BigEndian.u32(buffer, at + 2);
      tcp.timestampEcho = BigEndian.u32(buffer, at + 6);
    }
  }

  private static DecodeStatus decodeUdp(byte[] buffer, int end, PacketView view) {
    int at = view.ip.payloadAt;
    TransportHeader udp = view.transport;
    if (view.ip.payloadLength < UDP_HEADER) {
      return DecodeStatus.MALFORMED;
    }
    if (at + UDP_HEADER > end) {
      return DecodeStatus.TRUNCATED;
    }
    udp.sourcePort = BigEndian.u16(buffer, at);
    udp.destinationPort = BigEndian.u16(buffer, at + 2);
    udp.headerLength = UDP_HEADER;
    udp.payloadLength = view.ip.payloadLength - UDP_HEADER;
    udp.present = true;
    if (DnsHeader.isDnsPort(udp.sourcePort, udp.destinationPort)) {
      int payloadEnd = (int) Math.min(end, (long) at + view.ip.payloadLength);
      view.dns.read(buffer, at + UDP_HEADER, payloadEnd);
    }
    return DecodeStatus.OK;
  }

  private static DecodeStatus decodeIcmp(byte[] buffer, int end, PacketView view) {
    int at = view.ip.payloadAt;
    TransportHeader icmp = view.transport;
    // The least that RFC 792 and RFC 4443 allow is eight bytes, also without a body.
    if (view.ip.payloadLength < ICMP_HEADER) {
      return DecodeStatus.MALFORMED;
    }
    if (at + ICMP_HEADER > end) {
      return DecodeStatus.TRUNCATED;
    }
    icmp.icmpType = BigEndian.u8(buffer, at);
    icmp.icmpCode = BigEndian.u8(buffer, at + 1);
    icmp.headerLength = ICMP_HEADER;
    icmp.payloadLength = view.ip.payloadLength - ICMP_HEADER;
    icmp.present = true;
    if (view.isEchoRequest() || view.isEchoReply()) {
      icmp.echoIdentifier = BigEndian.u16(buffer, at + 4);
      icmp.echoSequence = BigEndian.u16(buffer, at + 6);
      icmp.sourcePort = icmp.echoIdentifier;
      icmp.destinationPort = icmp.echoIdentifier;
    } else if (isError(view.ip.protocol, icmp.icmpType)) {
      readMtu(buffer, at, view);
      int quoteEnd = (int) Math.min(end, (long) at + view.ip.payloadLength);
      view.quote.read(buffer, at + ICMP_HEADER, quoteEnd);
    }
    return DecodeStatus.OK;
  }

  private static boolean isError(int protocol, int type) {
    if (protocol == Protocol.ICMPV6.number()) {
      return type < ICMPV6_FIRST_INFORMATIONAL;
    }
    return type == 3 || type == 4 || type == ICMP_REDIRECT || type == 11 || type == 12;
  }

  private static void readMtu(byte[] buffer, int at, PacketView view) {
    TransportHeader icmp = view.transport;
    if (view.ip.protocol == Protocol.ICMP.number()) {
      if (icmp.icmpType == 3 && icmp.icmpCode == 4) {
        icmp.icmpMtu = BigEndian.u16(buffer, at + 6);
      }
    } else if (icmp.icmpType == 2) {
      icmp.icmpMtu = BigEndian.u32(buffer, at + 4);
    }
  }
}
