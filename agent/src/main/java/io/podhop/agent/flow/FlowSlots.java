package io.podhop.agent.flow;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The places of the connections: structs in byte arrays that are made when first needed, so that a
 * small table costs little and the garbage collector has nothing to look through.
 */
final class FlowSlots {
  static final int NONE = -1;
  private static final int CHUNK_SHIFT = 10;
  private static final int CHUNK_SLOTS = 1 << CHUNK_SHIFT;

  private final int capacity;
  private final byte[] @Nullable [] chunks;
  private final @Nullable SideNotes[] @Nullable [] notes;
  private final Slot link = new Slot();
  private int free = NONE;
  private int used;
  private int high;

  FlowSlots(int capacity) {
    this.capacity = capacity;
    int count = (int) (((long) capacity + CHUNK_SLOTS - 1) >> CHUNK_SHIFT);
    this.chunks = new byte[count][];
    this.notes = new @Nullable SideNotes[count][];
  }

  /** Slots in use. */
  int used() {
    return used;
  }

  /** All slots in use are below this. */
  int high() {
    return high;
  }

  boolean isFull() {
    return free == NONE && high == capacity;
  }

  /** Sets the window; the slot must be below {@link #high()}. */
  void at(int number, Slot slot) {
    slot.chunk = chunk(number >> CHUNK_SHIFT);
    slot.base = (number & CHUNK_SLOTS - 1) * Slot.BYTES;
    slot.number = number;
  }

  /**
   * Reads a byte of each line that the next packet of a slot will touch, so that they are on their
   * way from memory while other packets are taken in.
   *
   * @return anything, to be kept somewhere
   */
  int lookAhead(int number) {
    byte[] chunk = number < 0 ? null : chunks[number >> CHUNK_SHIFT];
    if (chunk == null) {
      return 0;
    }
    int base = (number & CHUNK_SLOTS - 1) * Slot.BYTES;
    return chunk[base + Slot.STATE]
        + chunk[base + Slot.HOT_REQUEST + Slot.HOT_BYTES / 2]
        + chunk[base + Slot.HOT_REQUEST + Slot.HOT_BYTES + Slot.HOT_BYTES / 2]
        + chunk[base + Slot.RTT_REQUEST + Slot.RTT_BYTES];
  }

  /** A slot of zeros, or {@link #NONE}. */
  int allocate() {
    if (isFull()) {
      return NONE;
    }
    int number = free;
    if (number == NONE) {
      number = high++;
      at(number, link);
    } else {
      at(number, link);
      free = link.next();
    }
    Arrays.fill(link.chunk, link.base, link.base + Slot.BYTES, (byte) 0);
    used++;
    return number;
  }

  void free(int number) {
    at(number, link);
    link.state(0);
    link.next(free);
    free = number;
    used--;
    @Nullable SideNotes[] chunk = notes[number >> CHUNK_SHIFT];
    if (chunk != null) {
      chunk[number & CHUNK_SLOTS - 1] = null;
    }
  }

  /** What only few connections have; null for the others. */
  @Nullable SideNotes notes(int number) {
    @Nullable SideNotes[] chunk = notes[number >> CHUNK_SHIFT];
    return chunk == null ? null : chunk[number & CHUNK_SLOTS - 1];
  }

  SideNotes makeNotes(int number) {
    @Nullable SideNotes[] chunk = notes[number >> CHUNK_SHIFT];
    if (chunk == null) {
      chunk = new @Nullable SideNotes[CHUNK_SLOTS];
      notes[number >> CHUNK_SHIFT] = chunk;
    }
    @Nullable SideNotes made = chunk[number & CHUNK_SLOTS - 1];
    if (made == null) {
      made = new SideNotes();
      chunk[number & CHUNK_SLOTS - 1] = made;
    }
    return made;
  }

  private byte[] chunk(int index) {
    byte[] chunk = chunks[index];
    if (chunk == null) {
      chunk = new byte[CHUNK_SLOTS * Slot.BYTES];
      chunks[index] = chunk;
    }
    return chunk;
  }
}
