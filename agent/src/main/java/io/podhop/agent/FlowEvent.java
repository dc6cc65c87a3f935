package io.podhop.agent;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;

/**
 * What the always-on capture, and {@link UdpWatch} beside it, hand over, as values: nothing in it
 * changes any more.
 */
sealed interface FlowEvent {
  /**
   * A connection ended at a point, or goes on there for another interval.
   *
   * @param mode in force at the point: {@code headers} or {@code edges}
   * @param interval the connection goes on; the record is OPEN and has its totals so far
   */
  record Ended(FlowRecord record, ObservationPoint point, String mode, boolean interval)
      implements FlowEvent {}

  /**
   * A DNS answer named an address.
   *
   * @param name the name that was asked for, not the alias that has the address
   * @param timeNs epoch nanoseconds
   */
  record Answered(
      ObservationPoint point, String name, IpAddress address, long ttlSeconds, long timeNs)
      implements FlowEvent {}
}
