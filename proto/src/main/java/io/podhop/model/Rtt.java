package io.podhop.model;

/**
 * Round-trip times measured at one point, from a segment to its acknowledgment (Karn's rule: never
 * on a retransmitted one), in nanoseconds; all 0 without a sample.
 */
public record Rtt(long count, long minNs, long meanNs, long maxNs) {
  public static final Rtt NONE = new Rtt(0, 0, 0, 0);
}
