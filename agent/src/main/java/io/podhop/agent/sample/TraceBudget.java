package io.podhop.agent.sample;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * So many traces per second and no more, the failed ones first: a token bucket of one second's
 * size, of which the last half is kept from sampled and the last quarter from degraded ones. One
 * thread takes; any may read the counters.
 */
public final class TraceBudget {
  private static final double SECOND_NS = 1e9;

  private final int perSecond;
  private final AtomicLongArray kept = new AtomicLongArray(Reason.values().length);
  private final AtomicLongArray shed = new AtomicLongArray(Reason.values().length);
  private double tokens;
  private long filledNs;

  /**
   * @param perSecond 0 sheds all
   * @param nowNs on the clock of {@link #take}
   */
  public TraceBudget(int perSecond, long nowNs) {
    this.perSecond = perSecond;
    this.tokens = perSecond;
    this.filledNs = nowNs;
  }

  /** Whether there is room for one more; counted either way. */
  public boolean take(Reason reason, long nowNs) {
    tokens = Math.min(perSecond, tokens + Math.max(0, nowNs - filledNs) / SECOND_NS * perSecond);
    filledNs = nowNs;
    boolean fits = tokens >= 1 + reserve(reason);
    (fits ? kept : shed).incrementAndGet(reason.ordinal());
    tokens -= fits ? 1 : 0;
    return fits;
  }

  private int reserve(Reason reason) {
    return switch (reason) {
      case FAILED -> 0;
      case DEGRADED -> perSecond / 4;
      case SAMPLED -> perSecond / 2;
    };
  }

  public long kept(Reason reason) {
    return kept.get(reason.ordinal());
  }

  public long shed(Reason reason) {
    return shed.get(reason.ordinal());
  }
}
