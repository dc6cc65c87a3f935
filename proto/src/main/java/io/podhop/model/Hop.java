package io.podhop.model;

import java.util.List;

/**
 * One observation point on a packet's way, with what was seen there: evidence never mixes with
 * deduction.
 */
public sealed interface Hop {
  ObservationPoint point();

  Direction direction();

  PacketKind packet();

  /** Why the packet is, or should have been, at this point. */
  List<Citation> why();

  /**
   * The packet was captured here.
   *
   * @param tuple the five-tuple the packet had at this point, in the packet's own direction
   * @param timeNs epoch nanoseconds (CLOCK_REALTIME of the node) of the first copy
   * @param copies how many packets of this kind passed: more than one SYN is a retransmission
   */
  record Observed(
      ObservationPoint point,
      Direction direction,
      PacketKind packet,
      FlowKey tuple,
      long timeNs,
      int copies,
      List<Citation> why)
      implements Hop {
    public Observed {
      why = List.copyOf(why);
    }
  }

  /** The packet should have been here and was not captured; the coverage says what that proves. */
  record NotSeen(
      ObservationPoint point,
      Direction direction,
      PacketKind packet,
      Coverage coverage,
      List<Citation> why)
      implements Hop {
    public NotSeen {
      why = List.copyOf(why);
    }
  }

  /** The packet must have been here although nobody watched: a later point saw it. */
  record Inferred(
      ObservationPoint point, Direction direction, PacketKind packet, List<Citation> why)
      implements Hop {
    public Inferred {
      why = List.copyOf(why);
    }
  }
}
