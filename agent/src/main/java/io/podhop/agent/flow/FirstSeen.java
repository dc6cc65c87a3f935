package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.PacketKind;

/** Told, on the writing thread, when a connection's packet kind is first seen at a point. */
@FunctionalInterface
public interface FirstSeen {
  /**
   * @param slot for {@link ConversationTable#record}
   * @param timestampNs epoch nanoseconds
   */
  void firstSeen(int pointIndex, int slot, PacketKind kind, Direction direction, long timestampNs);
}
