package io.podhop.agent.decode;

/** Reads IPv4 (RFC 791) and IPv6 (RFC 8200) headers up to where the transport header begins. */
final class IpDecoder {
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;
  static final long IPV4_MAPPED = 0xffffL << 32;

  private static final int HOP_BY_HOP = 0;
  private static final int ROUTING = 43;
  private static final int FRAGMENT = 44;
  private static final int AUTHENTICATION = 51;
  private static final int DESTINATION_OPTIONS = 60;
  private static final int MOBILITY = 135;

  /** More extension headers than this in one packet is an attack, not traffic. */
  private static final int MAX_EXTENSION_HEADERS = 8;

  private IpDecoder() {}

  /**
   * Writes every field of {@code ip}: cleared when the header itself cannot be read.
   *
   * @param end index after the last captured byte
   * @param wireLength bytes from {@code at} to the end of the frame as it was on the wire
   */
  static DecodeStatus decode(byte[] buffer, int at, int end, int wireLength, IpHeader ip) {
    if (at >= end) {
      return unread(DecodeStatus.TRUNCATED, ip);
    }
    int version = BigEndian.u8(buffer, at) >>> 4;
    if (version == 4) {
      return decodeIpv4(buffer, at, end, wireLength, ip);
    }
    return version == 6
        ? decodeIpv6(buffer, at, end, wireLength, ip)
        : unread(DecodeStatus.MALFORMED, ip);
  }

  private static DecodeStatus unread(DecodeStatus status, IpHeader ip) {
    ip.reset();
    return status;
  }

  private static DecodeStatus decodeIpv4(
      byte[] buffer, int at, int end, int wireLength, IpHeader ip) {
    if (end - at < IPV4_HEADER) {
      return unread(DecodeStatus.TRUNCATED, ip);
    }
    int headerLength = (buffer[at] & 0xf) * 4;
    int totalLength = BigEndian.u16(buffer, at + 2);
    // A GRO or TSO packet above 64 KiB (BIG TCP) has no length of its own.
    int length = totalLength == 0 ? wireLength : totalLength;
    if (headerLength < IPV4_HEADER || length < headerLength) {
      return unread(DecodeStatus.MALFORMED, ip);
    }
    int fragment = BigEndian.u16(buffer, at + 6);
    ip.version = 4;
    ip.length = length;
    ip.id = BigEndian.u16(buffer, at + 4);
    ip.dontFragment = (fragment & 0x4000) != 0;
    ip.moreFragments = (fragment & 0x2000) != 0;
    ip.fragmentOffset = (fragment & 0x1fff) * 8;
    ip.ttl = BigEndian.u8(buffer, at + 8);
    ip.protocol = BigEndian.u8(buffer, at + 9);
    ip.sourceHigh = 0;
    ip.sourceLow = IPV4_MAPPED | BigEndian.u32(buffer, at + 12);
    ip.destinationHigh = 0;
    ip.destinationLow = IPV4_MAPPED | BigEndian.u32(buffer, at + 16);
    ip.payloadAt = at + headerLength;
    ip.payloadLength = length - headerLength;
    return headerLength > end - at ? DecodeStatus.TRUNCATED : DecodeStatus.OK;
  }

  private static DecodeStatus decodeIpv6(
      byte[] buffer, int at, int end, int wireLength, IpHeader ip) {
    if (end - at < IPV6_HEADER) {
      return unread(DecodeStatus.TRUNCATED, ip);
    }
    int payload = BigEndian.u16(buffer, at + 4);
    ip.version = 6;
    ip.id = -1;
    ip.dontFragment = false;
    ip.moreFragments = false;
    ip.fragmentOffset = 0;
    // Jumbograms and BIG TCP giants have length 0 (RFC 2675).
    ip.length = payload == 0 ? Math.max(wireLength, IPV6_HEADER) : IPV6_HEADER + payload;
    ip.protocol = BigEndian.u8(buffer, at + 6);
    ip.ttl = BigEndian.u8(buffer, at + 7);
    ip.sourceHigh = BigEndian.i64(buffer, at + 8);
    ip.sourceLow = BigEndian.i64(buffer, at + 16);
    ip.destinationHigh = BigEndian.i64(buffer, at + 24);
    ip.destinationLow = BigEndian.i64(buffer, at + 32);
    ip.payloadAt = at + IPV6_HEADER;
    DecodeStatus status = skipExtensionHeaders(buffer, end, ip);
    ip.payloadLength = ip.length - (ip.payloadAt - at);
    return status == DecodeStatus.OK && ip.payloadLength < 0 ? DecodeStatus.MALFORMED : status;
  }

  private static DecodeStatus skipExtensionHeaders(byte[] buffer, int end, IpHeader ip) {
    for (int headers = 0; isExtension(ip.protocol) && ip.fragmentOffset == 0; headers++) {
      int at = ip.payloadAt;
      if (headers == MAX_EXTENSION_HEADERS) {
        return DecodeStatus.MALFORMED;
      }
      if (end - at < 8) {
        return DecodeStatus.TRUNCATED;
      }
      int length = extensionLength(ip.protocol, BigEndian.u8(buffer, at + 1));
      if (ip.protocol == FRAGMENT) {
        int offset = BigEndian.u16(buffer, at + 2);
        ip.fragmentOffset = offset & 0xfff8;
        ip.moreFragments = (offset & 1) != 0;
        ip.id = BigEndian.u32(buffer, at + 4);
      }
      ip.protocol = BigEndian.u8(buffer, at);
      ip.payloadAt = at + length;
    }
    return ip.payloadAt > end ? DecodeStatus.TRUNCATED : DecodeStatus.OK;
  }

  private static boolean isExtension(int protocol) {
    return protocol == HOP_BY_HOP
        || protocol == ROUTING
        || protocol == FRAGMENT
        || protocol == AUTHENTICATION
        || protocol == DESTINATION_OPTIONS
        || protocol == MOBILITY;
  }

  private static int extensionLength(int protocol, int lengthField) {
    if (protocol == FRAGMENT) {
      return 8;
    }
    return protocol == AUTHENTICATION ? (lengthField + 2) * 4 : (lengthField + 1) * 8;
  }
}
