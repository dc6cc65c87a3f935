package io.podhop.agent.decode;

import io.podhop.model.Protocol;

/**
 * Decodes one captured frame from its link header to its transport header. Link types are libpcap's
 * DLT values: Ethernet with any number of VLAN tags, Linux cooked v1 and v2, and raw IP. What one
 * tunnel carries is decoded in place of the packet around it, see {@link Tunnel}.
 */
public final class Decoder {
  private static final int DLT_EN10MB = 1;
  private static final int DLT_RAW = 12;
  private static final int LINKTYPE_RAW = 101;
  private static final int DLT_LINUX_SLL = 113;
  private static final int DLT_IPV4 = 228;
  private static final int DLT_IPV6 = 229;
  private static final int DLT_LINUX_SLL2 = 276;

  private static final int ETHERNET_TYPE_AT = 12;
  private static final int ETHERNET_HEADER = 14;
  private static final int SLL_TYPE_AT = 14;
  private static final int SLL_HEADER = 16;
  private static final int SLL2_TYPE_AT = 0;
  private static final int SLL2_HEADER = 20;
  private static final int VLAN_TAG = 4;

  private static final int ETHERTYPE_IPV4 = 0x0800;
  private static final int ETHERTYPE_IPV6 = 0x86dd;
  private static final int ETHERTYPE_VLAN = 0x8100;
  private static final int ETHERTYPE_QINQ = 0x88a8;
  private static final int ETHERTYPE_QINQ_OLD = 0x9100;

  private static final int TCP = Protocol.TCP.number();
  private static final int UDP = Protocol.UDP.number();
  private static final int ICMP = Protocol.ICMP.number();
  private static final int ICMPV6 = Protocol.ICMPV6.number();

  private Decoder() {}

  /**
   * Fills {@code view} from the frame in {@code buffer}. Reads nothing outside of the captured
   * bytes, whatever the numbers are; a frame that is not within the buffer is truncated.
   *
   * @param linkType libpcap's DLT value of the source
   * @param offset where the frame begins in the buffer
   * @param capturedLength bytes of the frame that are in the buffer from there
   * @param wireLength bytes the frame had; less than captured is taken for that
   */
  public static DecodeStatus decode(
      int linkType,
      byte[] buffer,
      int offset,
      int capturedLength,
      int wireLength,
      PacketView view) {
    view.reset();
    boolean within = offset >= 0 && offset < buffer.length && capturedLength > 0;
    int at = within ? offset : 0;
    int end = within ? at + Math.min(capturedLength, buffer.length - at) : 0;
    int wire = Math.max(wireLength, end - at);
    return switch (linkType) {
      case DLT_EN10MB -> decodeEthernet(buffer, at, end, wire, view);
      case DLT_LINUX_SLL -> decodeLink(buffer, at, end, wire, view, SLL_TYPE_AT, SLL_HEADER);
      case DLT_LINUX_SLL2 -> decodeLink(buffer, at, end, wire, view, SLL2_TYPE_AT, SLL2_HEADER);
      case DLT_RAW, LINKTYPE_RAW, DLT_IPV4, DLT_IPV6 -> decodeIp(buffer, at, end, wire, view);
      default -> view.withoutIp(DecodeStatus.UNSUPPORTED);
    };
  }

  /**
   * @param end index after the last captured byte
   * @param wireLength bytes from {@code at} to the end of the frame as it was on the wire
   */
  static DecodeStatus decodeEthernet(
      byte[] buffer, int at, int end, int wireLength, PacketView view) {
    return decodeLink(buffer, at, end, wireLength, view, ETHERNET_TYPE_AT, ETHERNET_HEADER);
  }

  private static DecodeStatus decodeLink(
      byte[] buffer,
      int at,
      int end,
      int wireLength,
      PacketView view,
      int typeAt,
      int headerLength) {
    if (end - at < headerLength) {
      return view.withoutIp(DecodeStatus.TRUNCATED);
    }
    int etherType = BigEndian.u16(buffer, at + typeAt);
    int next = at + headerLength;
    if (etherType == ETHERTYPE_IPV4 || etherType == ETHERTYPE_IPV6) {
      return decodeIp(buffer, next, end, wireLength - headerLength, view);
    }
    return isVlan(etherType)
        ? decodeTags(buffer, next, end, wireLength - headerLength, view)
        : view.withoutIp(DecodeStatus.NOT_IP);
  }

  private static DecodeStatus decodeTags(
      byte[] buffer, int from, int end, int wireLength, PacketView view) {
    int at = from;
    int etherType;
    do {
      if (end - at < VLAN_TAG) {
        return view.withoutIp(DecodeStatus.TRUNCATED);
      }
      view.noteTag(BigEndian.u16(buffer, at) & 0xfff);
      etherType = BigEndian.u16(buffer, at + 2);
      at += VLAN_TAG;
    } while (isVlan(etherType));
    return etherType == ETHERTYPE_IPV4 || etherType == ETHERTYPE_IPV6
        ? decodeIp(buffer, at, end, wireLength - (at - from), view)
        : view.withoutIp(DecodeStatus.NOT_IP);
  }

  private static boolean isVlan(int etherType) {
    return etherType == ETHERTYPE_VLAN
        || etherType == ETHERTYPE_QINQ
        || etherType == ETHERTYPE_QINQ_OLD;
  }

  static DecodeStatus decodeIp(byte[] buffer, int at, int end, int wireLength, PacketView view) {
    IpHeader ip = view.ip;
    DecodeStatus status = IpDecoder.decode(buffer, at, end, wireLength, ip);
    if (status != DecodeStatus.OK) {
      return status;
    }
    if (view.isTunnelled() && ip.length > wireLength) {
      return DecodeStatus.MALFORMED;
    }
    int protocol = ip.protocol;
    if (ip.fragmentOffset != 0) {
      return isFollowed(protocol) ? DecodeStatus.OK : DecodeStatus.UNSUPPORTED;
    }
    if (protocol == TCP) {
      return TransportDecoder.decodeTcp(buffer, end, view);
    }
    if (protocol == UDP) {
      return TransportDecoder.decodeUdp(buffer, end, view);
    }
    return protocol == ICMP || protocol == ICMPV6
        ? TransportDecoder.decodeIcmp(buffer, end, view)
        : TunnelDecoder.decodeIpInIp(buffer, end, view);
  }

  private static boolean isFollowed(int protocol) {
    return protocol == TCP || protocol == UDP || protocol == ICMP || protocol == ICMPV6;
  }
}
