package io.podhop.agent.decode;

/**
 * Decodes one captured frame from its link header to its transport header. Link types are libpcap's
 * DLT values: Ethernet with any number of VLAN tags, Linux cooked v1 and v2, and raw IP.
 */
public final class Decoder {
  private static final int DLT_EN10MB = 1;
  private static final int DLT_RAW = 12;
  private static final int LINKTYPE_RAW = 101;
  private static final int DLT_LINUX_SLL = 113;
  private static final int DLT_IPV4 = 228;
  private static final int DLT_IPV6 = 229;
  private static final int DLT_LINUX_SLL2 = 276;

  private static final int ETHERNET_HEADER = 14;
  private static final int SLL_HEADER = 16;
  private static final int SLL2_HEADER = 20;
  private static final int VLAN_TAG = 4;

  private static final int ETHERTYPE_IPV4 = 0x0800;
  private static final int ETHERTYPE_IPV6 = 0x86dd;
  private static final int ETHERTYPE_VLAN = 0x8100;
  private static final int ETHERTYPE_QINQ = 0x88a8;
  private static final int ETHERTYPE_QINQ_OLD = 0x9100;

  private Decoder() {}

  /**
   * Fills {@code view} from the frame in {@code buffer}.
   *
   * @param linkType libpcap's DLT value of the source
   * @param capturedLength bytes of the frame that are in the buffer
   * @param wireLength bytes the frame had
   */
  public static DecodeStatus decode(
      int linkType, byte[] buffer, int capturedLength, int wireLength, PacketView view) {
    view.reset(buffer);
    int end = Math.min(capturedLength, buffer.length);
    return switch (linkType) {
      case DLT_EN10MB -> decodeLink(buffer, 12, ETHERNET_HEADER, end, wireLength, view);
      case DLT_LINUX_SLL -> decodeLink(buffer, 14, SLL_HEADER, end, wireLength, view);
      case DLT_LINUX_SLL2 -> decodeLink(buffer, 0, SLL2_HEADER, end, wireLength, view);
      case DLT_RAW, LINKTYPE_RAW, DLT_IPV4, DLT_IPV6 -> decodeIp(buffer, 0, end, wireLength, view);
      default -> DecodeStatus.UNSUPPORTED;
    };
  }

  private static DecodeStatus decodeLink(
      byte[] buffer, int typeAt, int headerLength, int end, int wireLength, PacketView view) {
    if (headerLength > end) {
      return DecodeStatus.TRUNCATED;
    }
    int etherType = BigEndian.u16(buffer, typeAt);
    int at = headerLength;
    while (isVlan(etherType)) {
      if (at + VLAN_TAG > end) {
        return DecodeStatus.TRUNCATED;
      }
      view.vlanId = BigEndian.u16(buffer, at) & 0xfff;
      etherType = BigEndian.u16(buffer, at + 2);
      at += VLAN_TAG;
    }
    return etherType == ETHERTYPE_IPV4 || etherType == ETHERTYPE_IPV6
        ? decodeIp(buffer, at, end, wireLength - at, view)
        : DecodeStatus.NOT_IP;
  }

  private static boolean isVlan(int etherType) {
    return etherType == ETHERTYPE_VLAN
        || etherType == ETHERTYPE_QINQ
        || etherType == ETHERTYPE_QINQ_OLD;
  }

  private static DecodeStatus decodeIp(
      byte[] buffer, int at, int end, int wireLength, PacketView view) {
    DecodeStatus status = IpDecoder.decode(buffer, at, end, wireLength, view.ip);
    return status == DecodeStatus.OK ? TransportDecoder.decode(buffer, end, view) : status;
  }
}
