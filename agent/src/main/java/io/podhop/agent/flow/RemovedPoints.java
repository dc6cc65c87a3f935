package io.podhop.agent.flow;

/**
 * Points whose records are to end. The sweeps come by all slots in one turn of their hand, so a
 * point is forgotten after the turn after the one in which it went.
 */
final class RemovedPoints {
  private static final int TURNS = 2;

  private final int[] turnsLeft;
  private final int[] birthLimit;
  private int count;

  RemovedPoints(int maxPoints) {
    turnsLeft = new int[maxPoints];
    birthLimit = new int[maxPoints];
  }

  /** All of this point's connections that began before the given birth are gone. */
  void add(int point, int birth) {
    count += turnsLeft[point] == 0 ? 1 : 0;
    turnsLeft[point] = TURNS;
    birthLimit[point] = birth;
  }

  boolean isGone(Slot slot) {
    if (count == 0) {
      return false;
    }
    int point = slot.point();
    return turnsLeft[point] > 0 && slot.birth() - birthLimit[point] < 0;
  }

  void nextTurn() {
    for (int point = 0; count > 0 && point < turnsLeft.length; point++) {
      if (turnsLeft[point] > 0 && --turnsLeft[point] == 0) {
        count--;
      }
    }
  }
}
