package io.podhop.agent.capture;

/**
 * How many first bytes of a frame are kept.
 *
 * @param bytes of most frames
 * @param longerFilter pcap-filter(7) of the frames of which more is kept; empty when there are none
 * @param longerBytes of those
 */
public record Snapshot(int bytes, String longerFilter, int longerBytes) {
  /** DNS, also inside a tag that is in the frame's bytes. */
  private static final String DNS = "port 53 or (vlan and port 53)";

  /**
   * For watching all the time: link header, IPv6, TCP with all its options; of DNS the whole answer
   * in most cases.
   */
  public static final Snapshot ALWAYS_ON = new Snapshot(160, DNS, 512);

  /**
   * @throws IllegalArgumentException when it is too small to hold a frame's headers
   */
  public Snapshot {
    if (bytes < 64 || longerBytes < bytes) {
      throw new IllegalArgumentException(
          "no room for headers: snapshot " + bytes + " bytes, or " + longerBytes);
    }
  }

  /** The same for every frame. */
  public static Snapshot of(int bytes) {
    return new Snapshot(bytes, "", bytes);
  }
}
