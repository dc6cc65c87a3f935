package io.podhop.agent.capture;

/**
 * How to capture on one interface.
 *
 * @param interfaceName its name inside its own namespace
 * @param filter pcap-filter(7); empty captures everything
 * @param snapshotBytes bytes kept of a frame
 * @param ringBytes size of the kernel's ring for this source
 */
public record CaptureOptions(
    String interfaceName, String filter, int snapshotBytes, int ringBytes) {
  /** Ethernet, two VLAN tags, IPv6, UDP and a DNS question with the longest name all fit. */
  public static final int SNAPSHOT_BYTES = 384;

  public static final int RING_BYTES = 2 << 20;

  /**
   * @throws IllegalArgumentException when a size is too small to hold a frame's headers
   */
  public CaptureOptions {
    if (snapshotBytes < 64 || ringBytes < 64 << 10) {
      throw new IllegalArgumentException(
          "no room for headers: snapshot " + snapshotBytes + " bytes, ring " + ringBytes);
    }
  }

  public static CaptureOptions of(String interfaceName, String filter) {
    return new CaptureOptions(interfaceName, filter, SNAPSHOT_BYTES, RING_BYTES);
  }
}
