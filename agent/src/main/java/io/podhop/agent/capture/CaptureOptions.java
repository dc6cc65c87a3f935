package io.podhop.agent.capture;

import io.podhop.agent.linux.RingLayout;

/**
 * How to capture on one interface.
 *
 * @param interfaceName its name inside its own namespace
 * @param filter pcap-filter(7); empty captures everything
 * @param snapshot bytes kept of a frame
 * @param ringBytes size of the kernel's ring for this source
 * @param blockTimeoutMs how long the kernel may hold frames back, at most twice that, to hand many
 *     over at once
 */
public record CaptureOptions(
    String interfaceName, String filter, Snapshot snapshot, int ringBytes, int blockTimeoutMs) {
  /** Ethernet, two VLAN tags, IPv6, UDP and a DNS question with the longest name all fit. */
  public static final int SNAPSHOT_BYTES = 384;

  public static final int RING_BYTES = 2 << 20;

  /** Soon enough for somebody who waits; each such source costs 250 timer interrupts a second. */
  public static final int ON_DEMAND_TIMEOUT_MS = 4;

  public static final int ALWAYS_ON_TIMEOUT_MS = 100;

  private static final int MIN_RING_BYTES = 64 << 10;
  private static final int MAX_TIMEOUT_MS = 1000;

  /**
   * @throws IllegalArgumentException when the ring is too small, or the timeout not 1..1000 ms
   */
  public CaptureOptions {
    if (ringBytes < MIN_RING_BYTES) {
      throw new IllegalArgumentException("no ring: " + ringBytes + " bytes");
    }
    if (blockTimeoutMs < 1 || blockTimeoutMs > MAX_TIMEOUT_MS) {
      throw new IllegalArgumentException("no block timeout: " + blockTimeoutMs + " ms");
    }
  }

  /** For a question that somebody waits for. */
  public CaptureOptions(String interfaceName, String filter, int snapshotBytes, int ringBytes) {
    this(interfaceName, filter, Snapshot.of(snapshotBytes), ringBytes, ON_DEMAND_TIMEOUT_MS);
  }

  public static CaptureOptions of(String interfaceName, String filter) {
    return new CaptureOptions(interfaceName, filter, SNAPSHOT_BYTES, RING_BYTES);
  }

  /** For watching all the time. */
  public static CaptureOptions alwaysOn(String interfaceName, CaptureMode mode, int ringBytes) {
    return new CaptureOptions(
        interfaceName, mode.filter(), Snapshot.ALWAYS_ON, ringBytes, ALWAYS_ON_TIMEOUT_MS);
  }

  RingLayout ringLayout() {
    return RingLayout.of(ringBytes, snapshot.longerBytes(), blockTimeoutMs);
  }
}
