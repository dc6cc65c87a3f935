package io.podhop.agent.judge;

/**
 * From where on an answered connection counts as degraded.
 *
 * @param slowHandshakeNs a handshake that takes longer is slow; the default is the initial
 *     retransmission timeout (RFC 6298, 2.1), longer than any healthy path
 * @param slowDnsNs an answer that takes longer is slow
 * @param retransmitShare of all packets, retransmitted ones from this share on
 * @param timeouts retransmission timeouts from this number on, whatever their share: each one is a
 *     pause that somebody waited through
 * @param outOfOrderShare of all packets
 * @param minOutOfOrder fewer than these are not counted as a share
 */
public record Thresholds(
    long slowHandshakeNs,
    long slowDnsNs,
    double retransmitShare,
    long timeouts,
    double outOfOrderShare,
    long minOutOfOrder) {
  public static final Thresholds DEFAULT =
      new Thresholds(1_000_000_000L, 1_000_000_000L, 0.01, 3, 0.01, 3);
}
