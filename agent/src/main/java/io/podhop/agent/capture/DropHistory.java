package io.podhop.agent.capture;

/**
 * When a source lost packets, so that a connection is doubted for the losses of its own time only.
 * Sampled by one thread, read by any; losses are known to the sample, so one before a connection
 * began may be held against it, never the other way round.
 */
public final class DropHistory {
  /** Losses further back than this many are held against every connection that was there. */
  static final int REMEMBERED = 64;

  private final long[] beforeNs = new long[REMEMBERED];
  private final long[] totalAfter = new long[REMEMBERED];
  private int losses;
  private long total;
  private long sampledNs;

  /**
   * @param fromNs epoch nanoseconds from which the source captures
   */
  public DropHistory(long fromNs) {
    this.sampledNs = fromNs;
  }

  /**
   * Takes in a source's counter.
   *
   * @param nowNs epoch nanoseconds
   * @param dropped since it captures; a smaller number than before is taken as no change
   */
  public synchronized void sample(long nowNs, long dropped) {
    if (dropped > total) {
      int slot = losses++ % REMEMBERED;
      beforeNs[slot] = nowNs;
      totalAfter[slot] = dropped;
      total = dropped;
    }
    sampledNs = Math.max(sampledNs, nowNs);
  }

  /** Packets lost at {@code fromNs} or later, as far as sampled. */
  public synchronized long since(long fromNs) {
    int known = Math.min(losses, REMEMBERED);
    long before = 0;
    for (int age = 1; age <= known; age++) {
      int slot = (losses - age) % REMEMBERED;
      if (beforeNs[slot] < fromNs) {
        before = totalAfter[slot];
        break;
      }
    }
    return total - before;
  }

  public synchronized long total() {
    return total;
  }

  /** Until when losses are known, epoch nanoseconds. */
  public synchronized long sampledNs() {
    return sampledNs;
  }
}
