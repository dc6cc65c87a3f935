package io.podhop.agent.flow;

/** A clock of 32 bits for what needs no more: a tick is 1024 ns, a turn takes 73 minutes. */
final class Ticks {
  private static final int SHIFT = 10;

  /** Differences above this are a clock that went back, by at most 17 seconds. */
  private static final long BACKWARDS = 0xff00_0000L;

  private Ticks() {}

  static int of(long ns) {
    return (int) (ns >> SHIFT);
  }

  static long ofDuration(long ns) {
    return ns >> SHIFT;
  }

  /** Ticks from one to the other; 0 when the clock went back. */
  static long between(int from, int to) {
    long ticks = to - from & 0xffff_ffffL;
    return ticks > BACKWARDS ? 0 : ticks;
  }
}
