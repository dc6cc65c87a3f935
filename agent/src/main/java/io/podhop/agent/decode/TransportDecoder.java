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

  /** A header of which the capture has the fixed part is read, with the options that are whole. */
  static DecodeStatus decodeTcp(byte[] buffer, int end, PacketView view) {
    int at = view.ip.payloadAt;
    int length = view.ip.payloadLength;
    if (length < TCP_HEADER) {
      return DecodeStatus.MALFORMED;
    }
    if (end - at < TCP_HEADER) {
      return DecodeStatus.TRUNCATED;
    }
    int lengthAndFlags = BigEndian.u16(buffer, at + 12);
    int headerLength = (lengthAndFlags >>> 12) * 4;
    if (headerLength < TCP_HEADER || headerLength > length) {
      return DecodeStatus.MALFORMED;
    }
    TransportHeader tcp = view.transport;
    readPorts(buffer, at, tcp);
    tcp.kind = TransportHeader.TCP;
    tcp.sequence = BigEndian.u32(buffer, at + 4);
    tcp.acknowledgment = BigEndian.u32(buffer, at + 8);
    tcp.flags = lengthAndFlags & 0x1ff;
    tcp.window = BigEndian.u16(buffer, at + 14);
    tcp.headerLength = headerLength;
    tcp.payloadLength = length - headerLength;
    tcp.optionsTruncated = headerLength > end - at;
    tcp.clearOptions();
    if (headerLength > TCP_HEADER) {
      TcpOptions.read(buffer, at + TCP_HEADER, Math.min(at + headerLength, end), tcp);
      if (tcp.sackBlocks > 0) {
        view.buffer = buffer;
      }
    }
    if (tcp.payloadLength > 0 && DnsHeader.isDnsPort(tcp.sourcePort, tcp.destinationPort)) {
      readDnsSegment(buffer, at + headerLength, end, view);
    }
    return DecodeStatus.OK;
  }

  private static void readDnsSegment(byte[] buffer, int at, int end, PacketView view) {
    view.begin(PacketState.DNS, buffer);
    view.dns.readSegment(buffer, at, end, view.transport.payloadLength);
  }

  private static void readPorts(byte[] buffer, int at, TransportHeader transport) {
    int ports = (int) BigEndian.u32(buffer, at);
    transport.sourcePort = ports >>> 16;
    transport.destinationPort = ports & 0xffff;
  }

  static DecodeStatus decodeUdp(byte[] buffer, int end, PacketView view) {
    int at = view.ip.payloadAt;
    int payloadLength = view.ip.payloadLength - UDP_HEADER;
    if (payloadLength < 0) {
      return DecodeStatus.MALFORMED;
    }
    if (end - at < UDP_HEADER) {
      return DecodeStatus.TRUNCATED;
    }
    int payloadAt = at + UDP_HEADER;
    if (TunnelDecoder.isVxlanPort(BigEndian.u16(buffer, at + 2))) {
      DecodeStatus inner = TunnelDecoder.decodeVxlan(buffer, payloadAt, end, payloadLength, view);
      if (TunnelDecoder.isPacket(inner)) {
        return inner;
      }
    }
    TransportHeader udp = view.transport;
    readPorts(buffer, at, udp);
    udp.kind = TransportHeader.UDP;
    udp.headerLength = UDP_HEADER;
    udp.payloadLength = payloadLength;
    int payloadEnd = payloadAt + Math.min(end - payloadAt, payloadLength);
    if (DnsHeader.isDnsPort(udp.sourcePort, udp.destinationPort)) {
      view.begin(PacketState.DNS, buffer);
      view.dns.read(buffer, payloadAt, payloadEnd);
    } else if (QuicInitial.hasLongHeader(buffer, payloadAt, payloadEnd)) {
      view.begin(PacketState.QUIC, buffer);
      view.quic.read(buffer, payloadAt, payloadEnd, payloadLength);
    }
    return DecodeStatus.OK;
  }

  static DecodeStatus decodeIcmp(byte[] buffer, int end, PacketView view) {
    int at = view.ip.payloadAt;
    TransportHeader icmp = view.transport;
    // The least that RFC 792 and RFC 4443 allow is eight bytes, also without a body.
    if (view.ip.payloadLength < ICMP_HEADER) {
      return DecodeStatus.MALFORMED;
    }
    if (end - at < ICMP_HEADER) {
      return DecodeStatus.TRUNCATED;
    }
    icmp.icmpType = BigEndian.u8(buffer, at);
    icmp.icmpCode = BigEndian.u8(buffer, at + 1);
    icmp.headerLength = ICMP_HEADER;
    icmp.payloadLength = view.ip.payloadLength - ICMP_HEADER;
    icmp.kind = TransportHeader.ICMP;
    icmp.sourcePort = 0;
    icmp.destinationPort = 0;
    icmp.echoIdentifier = -1;
    icmp.echoSequence = -1;
    icmp.icmpMtu = -1;
    if (view.isEchoRequest() || view.isEchoReply()) {
      icmp.echoIdentifier = BigEndian.u16(buffer, at + 4);
      icmp.echoSequence = BigEndian.u16(buffer, at + 6);
      icmp.sourcePort = icmp.echoIdentifier;
      icmp.destinationPort = icmp.echoIdentifier;
    } else if (isError(view.ip.protocol, icmp.icmpType)) {
      readMtu(buffer, at, view);
      view.begin(PacketState.QUOTE, buffer);
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
