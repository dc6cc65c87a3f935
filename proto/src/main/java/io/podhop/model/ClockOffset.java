package io.podhop.model;

/**
 * How far one node's clock is ahead of another's, as NTP computes it (RFC 5905, 8).
 *
 * @param offsetNs to subtract from the far node's times to read them on the near node's clock
 * @param errorNs half the round trip: the true offset lies within plus or minus this
 * @param known false when no handshake was seen on both nodes
 */
public record ClockOffset(long offsetNs, long errorNs, boolean known) {
  public static final ClockOffset UNKNOWN = new ClockOffset(0, 0, false);

  /**
   * @param t1 request seen at the near node
   * @param t2 request seen at the far node
   * @param t3 reply seen at the far node
   * @param t4 reply seen at the near node
   */
  public static ClockOffset ofExchange(long t1, long t2, long t3, long t4) {
    long roundTrip = (t4 - t1) - (t3 - t2);
    return new ClockOffset(((t2 - t1) + (t3 - t4)) / 2, Math.max(0, roundTrip) / 2, true);
  }
}
