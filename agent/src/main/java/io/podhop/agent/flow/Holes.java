package io.podhop.agent.flow;

/**
 * The ranges below the highest sequence number of one end that never passed this point, oldest and
 * lowest first. Three are kept: when there is no room for another, the oldest is forgotten, so that
 * a segment which fills it counts as sent again, and its bytes are not counted as unseen.
 */
final class Holes {
  static final int NONE = -1;

  private Holes() {}

  /** A hole above all others. */
  static void add(Half half, int from, int to, int tick) {
    if (half.holes() == Half.MAX_HOLES) {
      remove(half, 0);
    }
    half.hole(half.holes(), from, to, tick);
    half.holes(half.holes() + 1);
  }

  /**
   * A segment passed: what it fills is no hole any more.
   *
   * @return how many ticks the oldest hole that it touched had been there, or {@link #NONE}
   */
  static long fill(Half half, int from, int to, int tick) {
    long age = NONE;
    for (int i = 0; i < half.holes(); i++) {
      if (to - half.holeFrom(i) <= 0 || half.holeTo(i) - from <= 0) {
        continue;
      }
      age = Math.max(age, Ticks.between(half.holeTick(i), tick));
      i = shrink(half, i, from, to);
    }
    return age;
  }

  /** Everything below was received by the other end: what is still missing went by unseen. */
  static void acknowledge(Half half, int ack) {
    while (half.holes() > 0 && ack - half.holeFrom(0) > 0) {
      int to = half.holeTo(0);
      boolean whole = ack - to >= 0;
      half.addUnseen((whole ? to : ack) - half.holeFrom(0) & 0xffff_ffffL);
      if (whole) {
        remove(half, 0);
      } else {
        half.hole(0, ack, to, half.holeTick(0));
      }
    }
  }

  /** Returns the index of the last hole that was looked at. */
  private static int shrink(Half half, int index, int from, int to) {
    int holeFrom = half.holeFrom(index);
    int holeTo = half.holeTo(index);
    int tick = half.holeTick(index);
    boolean left = from - holeFrom > 0;
    boolean right = holeTo - to > 0;
    if (!left && !right) {
      remove(half, index);
      return index - 1;
    }
    half.hole(index, left ? holeFrom : to, left ? from : holeTo, tick);
    return left && right ? insert(half, index + 1, to, holeTo, tick) : index;
  }

  private static int insert(Half half, int index, int from, int to, int tick) {
    int at = index;
    if (half.holes() == Half.MAX_HOLES) {
      remove(half, 0);
      at--;
    }
    for (int i = half.holes(); i > at; i--) {
      half.hole(i, half.holeFrom(i - 1), half.holeTo(i - 1), half.holeTick(i - 1));
    }
    half.hole(at, from, to, tick);
    half.holes(half.holes() + 1);
    return at;
  }

  private static void remove(Half half, int index) {
    for (int i = index; i + 1 < half.holes(); i++) {
      half.hole(i, half.holeFrom(i + 1), half.holeTo(i + 1), half.holeTick(i + 1));
    }
    half.holes(half.holes() - 1);
  }
}
