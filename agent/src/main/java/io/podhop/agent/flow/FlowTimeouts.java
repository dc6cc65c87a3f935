package io.podhop.agent.flow;

import java.util.concurrent.TimeUnit;

/**
 * After which silence a connection's record ends, in nanoseconds.
 *
 * @param closedNs after a FIN of both ends or a reset: late packets still belong to it
 * @param halfOpenNs TCP whose handshake is not complete, or of which one end was never heard; at
 *     least, for SYNs that are sent again after longer and longer waits are one attempt
 * @param tcpIdleNs other TCP
 * @param udpIdleNs UDP that was answered
 * @param unansweredNs UDP and ICMP echo without an answer
 * @param dnsNs a DNS query without an answer
 * @param answeredNs after a DNS answer or an echo reply
 * @param intervalNs how often a long connection is told of while it goes on
 * @param keepAll nothing ends by itself and nothing is evicted: a full table counts what finds no
 *     room; for a trace, which reads all of them when it is over
 */
public record FlowTimeouts(
    long closedNs,
    long halfOpenNs,
    long tcpIdleNs,
    long udpIdleNs,
    long unansweredNs,
    long dnsNs,
    long answeredNs,
    long intervalNs,
    boolean keepAll) {
  public static final FlowTimeouts DEFAULT =
      new FlowTimeouts(
          seconds(2),
          seconds(30),
          seconds(300),
          seconds(60),
          seconds(30),
          seconds(5),
          seconds(1),
          seconds(60),
          false);

  /** See {@link #keepAll}. */
  public static final FlowTimeouts KEEP_ALL =
      new FlowTimeouts(
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          true);

  /**
   * @throws IllegalArgumentException when the interval is not positive
   */
  public FlowTimeouts {
    if (intervalNs <= 0) {
      throw new IllegalArgumentException("interval of " + intervalNs + " ns");
    }
  }

  private static long seconds(int count) {
    return TimeUnit.SECONDS.toNanos(count);
  }
}
