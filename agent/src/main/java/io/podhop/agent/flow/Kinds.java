package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The first packet of every kind and direction of a connection, and how many there were: a cell is
 * the time since the connection's first packet (48 bits, signed, in nanoseconds: 39 hours, beyond
 * which it stays there) and the number of packets (16 bits, likewise). Kinds in the direction that
 * they usually take have their cell in the slot, the others in {@link SideNotes}.
 */
final class Kinds {
  static final int SIDE_CELLS = 7;
  private static final int KINDS = PacketKind.values().length;
  private static final int[] PLACES = places();
  private static final long MAX_DELTA_NS = (1L << 47) - 1;
  private static final int MAX_COPIES = 0xffff;
  private static final List<PacketKind> OF_TCP =
      List.of(
          PacketKind.SYN,
          PacketKind.SYN_ACK,
          PacketKind.ACK,
          PacketKind.DATA,
          PacketKind.FIN,
          PacketKind.RST,
          PacketKind.ICMP_ERROR);
  private static final List<PacketKind> OF_UDP =
      List.of(PacketKind.DATAGRAM, PacketKind.ICMP_ERROR);
  private static final List<PacketKind> OF_ICMP =
      List.of(PacketKind.ECHO_REQUEST, PacketKind.ECHO_REPLY, PacketKind.ICMP_ERROR);

  private final FlowSlots slots;

  Kinds(FlowSlots slots) {
    this.slots = slots;
  }

  static List<PacketKind> of(Protocol protocol) {
    return switch (protocol) {
      case TCP -> OF_TCP;
      case UDP -> OF_UDP;
      case ICMP, ICMPV6 -> OF_ICMP;
    };
  }

  /** Counts the packet; true when it is the first of its kind. */
  boolean note(Slot slot, Direction direction, PacketKind kind, long ns) {
    int place = place(direction, kind);
    if (place < 0) {
      long[] cells = slots.makeNotes(slot.number).kinds;
      long before = cells[~place];
      cells[~place] = counted(before, ns - slot.firstNs());
      return before == 0;
    }
    int at = slot.base + place;
    long before = Words.i64(slot.chunk, at);
    if (Words.low16(before) != MAX_COPIES) {
      Words.i64(slot.chunk, at, counted(before, before == 0 ? ns - slot.firstNs() : 0));
    }
    return before == 0;
  }

  /** 0 when there was none. */
  int copies(Slot slot, Direction direction, PacketKind kind) {
    return Words.low16(cell(slot, direction, kind));
  }

  /** The first one's time since the connection's first packet; only if there are copies. */
  long deltaNs(Slot slot, Direction direction, PacketKind kind) {
    return cell(slot, direction, kind) >> 16;
  }

  /** From the first packet of one kind to that of another, if both passed, in that order. */
  Optional<Long> between(
      Slot slot, Direction from, PacketKind first, Direction to, PacketKind second) {
    long start = cell(slot, from, first);
    long end = cell(slot, to, second);
    boolean known = start != 0 && end != 0 && end >> 16 >= start >> 16;
    return known ? Optional.of((end >> 16) - (start >> 16)) : Optional.empty();
  }

  private long cell(Slot slot, Direction direction, PacketKind kind) {
    int place = place(direction, kind);
    if (place >= 0) {
      return Words.i64(slot.chunk, slot.base + place);
    }
    @Nullable SideNotes notes = slots.notes(slot.number);
    return notes == null ? 0 : notes.kinds[~place];
  }

  private static long counted(long cell, long deltaNs) {
    if (cell == 0) {
      long delta = Math.clamp(deltaNs, -MAX_DELTA_NS, MAX_DELTA_NS);
      return delta << 16 | 1;
    }
    return Words.low16(cell) == MAX_COPIES ? cell : cell + 1;
  }

  private static int place(Direction direction, PacketKind kind) {
    return PLACES[direction.ordinal() * KINDS + kind.ordinal()];
  }

  /** Offsets in a slot; complements of indices of the side cells. */
  private static int[] places() {
    int[] places = new int[2 * KINDS];
    int side = 0;
    for (Direction direction : Direction.values()) {
      for (PacketKind kind : PacketKind.values()) {
        int inSlot = placeInSlot(direction, kind);
        places[direction.ordinal() * KINDS + kind.ordinal()] = inSlot > 0 ? inSlot : ~side++;
      }
    }
    if (side != SIDE_CELLS) {
      throw new IllegalStateException(side + " kinds beside the slot");
    }
    return places;
  }

  private static int placeInSlot(Direction direction, PacketKind kind) {
    int hot = Slot.HOT_REQUEST + direction.ordinal() * Slot.HOT_BYTES;
    int cold = Slot.COLD_REQUEST + direction.ordinal() * Slot.COLD_BYTES;
    boolean request = direction == Direction.REQUEST;
    return switch (kind) {
      case DATA, DATAGRAM -> hot + Half.KIND_DATA;
      case SYN, ECHO_REQUEST -> request ? cold + Half.KIND_OPENING : 0;
      case SYN_ACK, ECHO_REPLY -> request ? 0 : cold + Half.KIND_OPENING;
      case FIN -> cold + Half.KIND_FIN;
      case RST -> cold + Half.KIND_RST;
      case ACK -> request ? Slot.KIND_ACK : 0;
      case ICMP_ERROR -> 0;
    };
  }
}
