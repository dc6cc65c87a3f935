package io.podhop.agent.capture;

/**
 * Link types as files and handlers name them (LINKTYPE_*), libpcap (DLT_*) and Linux (ARPHRD_*).
 */
final class LinkTypes {
  static final int ETHERNET = 1;
  static final int RAW = 101;
  static final int UNKNOWN = -1;
  static final int ARPHRD_LOOPBACK = 772;

  private static final int DLT_RAW = 12;

  private LinkTypes() {}

  /** Of an interface; {@link #UNKNOWN} when its frames are of no kind that we read. */
  static int ofHardware(int arphrd) {
    return switch (arphrd) {
      // ARPHRD_ETHER and ARPHRD_LOOPBACK
      case 1, ARPHRD_LOOPBACK -> ETHERNET;
      // ARPHRD_RAWIP, TUNNEL, TUNNEL6, SIT, NONE: the packet begins with its IP header
      case 519, 768, 769, 776, 0xfffe -> RAW;
      default -> UNKNOWN;
    };
  }

  /** What libpcap's functions want instead of a file's number. */
  static int dlt(int linkType) {
    return linkType == RAW ? DLT_RAW : linkType;
  }
}
