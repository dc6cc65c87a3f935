package io.podhop.agent.flow;

import java.util.Arrays;

/** Every slot in use is in one list of its class, linked through the slots, oldest first. */
final class FlowLists {
  /** Nobody has answered yet, or the handshake is not complete; oldest first packet first. */
  static final int EMBRYONIC = 1;

  /** In use; the order is that of the clock hand, not of the last packet. */
  static final int ESTABLISHED = 2;

  /** Over; oldest end first. */
  static final int CLOSED = 3;

  private final FlowSlots slots;
  private final Slot slot = new Slot();
  private final Slot neighbour = new Slot();
  private final int[] first = new int[4];
  private final int[] last = new int[4];

  FlowLists(FlowSlots slots) {
    this.slots = slots;
    Arrays.fill(first, FlowSlots.NONE);
    Arrays.fill(last, FlowSlots.NONE);
  }

  /** The oldest of a class, or {@link FlowSlots#NONE}. */
  int oldest(int list) {
    return first[list];
  }

  void append(int number, int list) {
    slots.at(number, slot);
    slot.evictionClass(list);
    slot.previous(last[list]);
    slot.next(FlowSlots.NONE);
    if (last[list] == FlowSlots.NONE) {
      first[list] = number;
    } else {
      slots.at(last[list], neighbour);
      neighbour.next(number);
    }
    last[list] = number;
  }

  void remove(int number) {
    slots.at(number, slot);
    int list = slot.evictionClass();
    int previous = slot.previous();
    int next = slot.next();
    if (previous == FlowSlots.NONE) {
      first[list] = next;
    } else {
      slots.at(previous, neighbour);
      neighbour.next(next);
    }
    if (next == FlowSlots.NONE) {
      last[list] = previous;
    } else {
      slots.at(next, neighbour);
      neighbour.previous(previous);
    }
  }

  /** Puts a slot at the young end of another list, or of its own. */
  void move(int number, int list) {
    remove(number);
    append(number, list);
  }

  /** Counts a list, for checks; -1 when its links disagree. */
  int count(int list) {
    int count = 0;
    int previous = FlowSlots.NONE;
    for (int number = first[list]; number != FlowSlots.NONE; number = slot.next()) {
      slots.at(number, slot);
      if (slot.previous() != previous || slot.evictionClass() != list) {
        return -1;
      }
      previous = number;
      count++;
    }
    return previous == last[list] ? count : -1;
  }
}
