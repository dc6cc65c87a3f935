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
   * @param offset where the frame begins in the buffer
   * @param capturedLength bytes of the frame that are in the buffer from there
   * @param wireLength bytes the frame had
   */
  public static DecodeStatus decode(
      int linkType,
      byte[] buffer,
      int offset,
      int capturedLength,
      int wireLength,
      PacketView view) {
    view.reset(buffer);
    int end = Math.min(offset + capturedLength, buffer.length);
    return switch (linkType) {
      case DLT_EN10MB ->
          decodeLink(buffer, offset + 12, offset + ETHERNET_HEADER, end, offset + wireLength, view);
      case DLT_LINUX_SLL ->
          decodeLink(buffer, offset + 14, offset + SLL_HEADER, end, offset + wireLength, view);
      case DLT_LINUX_SLL2 ->
          decodeLink(buffer, offset, offset + SLL2_HEADER, end, offset + wireLength, view);
      case DLT_RAW, LINKTYPE_RAW, DLT_IPV4, DLT_IPV6 ->
          decodeIp(buffer, offset, end, wireLength, view);
      default -> DecodeStatus.UNSUPPORTED;
    };
  }

  private static DecodeStatus decodeLink(
      byte[] buffer, int typeAt, int headerEnd, int end, int wireEnd, PacketView view) {
    if (headerEnd > end) {
      return DecodeStatus.TRUNCATED;
    }
    int etherType = BigEndian.u16(buffer, typeAt);
    int at = headerEnd;
    while (isVlan(etherType)) {
      if (at + VLAN_TAG > end) {
        return DecodeStatus.TRUNCATED;
      }
      view.vlanId = BigEndian.u16(buffer, at) & 0xfff;
      etherType = BigEndian.u16(buffer, at + 2);
      at += VLAN_TAG;
    }
    return etherType == ETHERTYPE_IPV4 || etherType == ETHERTYPE_IPV6
        ? decodeIp(buffer, at, end, wireEnd - at, view)
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
