package io.podhop.agent;

/** What a point counted between two looks at it; one thread at a time. */
final class PointMeter {
  private long received;
  private long dropped;
  private long atNs;

  /**
   * @param atNs when the point began to count, of the clock that {@link #next} is told
   */
  PointMeter(long atNs) {
    this.atNs = atNs;
  }

  record Interval(long received, long dropped, double seconds) {}

  /** Since the last time; never negative, though a count may be corrected downwards by a few. */
  Interval next(WatchPoint point, long nowNs) {
    long receivedNow = Math.max(received, point.received());
    long droppedNow = Math.max(dropped, point.dropped());
    Interval interval =
        new Interval(receivedNow - received, droppedNow - dropped, (nowNs - atNs) / 1e9);
    received = receivedNow;
    dropped = droppedNow;
    atNs = nowNs;
    return interval;
  }
}
