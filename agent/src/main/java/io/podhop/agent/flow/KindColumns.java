package io.podhop.agent.flow;

import io.podhop.agent.decode.PacketView;
import io.podhop.model.Direction;
import io.podhop.model.PacketKind;
import java.util.Arrays;

/** The first packet of every kind and direction of every slot, and how many there were. */
final class KindColumns {
  private static final int KINDS = PacketKind.values().length;
  private static final int CELLS = 2 * KINDS;

  private final long[] firstNs;
  private final int[] copies;
  private final int[] sequence;
  private final int[] acknowledgment;
  private final long[] ipId;
  private final int[] length;
  private final short[] ttl;

  KindColumns(int capacity) {
    int cells = capacity * CELLS;
    firstNs = new long[cells];
    copies = new int[cells];
    sequence = new int[cells];
    acknowledgment = new int[cells];
    ipId = new long[cells];
    length = new int[cells];
    ttl = new short[cells];
  }

  void clear(int slot) {
    Arrays.fill(copies, slot * CELLS, (slot + 1) * CELLS, 0);
  }

  static int cell(int slot, Direction direction, PacketKind kind) {
    return slot * CELLS + direction.ordinal() * KINDS + kind.ordinal();
  }

  /** Counts the packet; true when it is the first of its kind. */
  boolean note(int cell, PacketView view, long timestampNs) {
    copies[cell] = Math.max(copies[cell] + 1, copies[cell]);
    if (copies[cell] > 1) {
      return false;
    }
    firstNs[cell] = timestampNs;
    sequence[cell] = (int) view.tcpSequence();
    acknowledgment[cell] = (int) view.tcpAcknowledgment();
    ipId[cell] = view.ipId();
    length[cell] = view.ipLength();
    ttl[cell] = (short) view.ttl();
    return true;
  }

  int copies(int cell) {
    return copies[cell];
  }

  long firstNs(int cell) {
    return firstNs[cell];
  }

  long sequence(int cell) {
    return sequence[cell] & 0xffff_ffffL;
  }

  long acknowledgment(int cell) {
    return acknowledgment[cell] & 0xffff_ffffL;
  }

  long ipId(int cell) {
    return ipId[cell];
  }

  int lengthBytes(int cell) {
    return length[cell];
  }

  int ttl(int cell) {
    return ttl[cell];
  }
}
