package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.PacketKind;

/**
 * Told, on the writing thread, what happens in a {@link FlowTable}. It may read the table, {@link
 * FlowTable#record} above all, but not change it.
 */
public interface FlowListener {
  /**
   * The first packet of a kind of a connection passed.
   *
   * @param timestampNs epoch nanoseconds
   */
  void firstSeen(int pointIndex, int slot, PacketKind kind, Direction direction, long timestampNs);

  /** A record ends; its slot can be read until this returns. */
  void ended(int slot, Flow.End end);

  /** A connection has gone on for another interval of the timeouts. */
  void interval(int slot);

  /**
   * A DNS exchange was answered with this address; told for each of the first answer's.
   *
   * @param addressHigh upper half of the address, IPv4 in its IPv6-mapped form
   */
  void answer(int slot, long addressHigh, long addressLow, long ttlSeconds);
}
