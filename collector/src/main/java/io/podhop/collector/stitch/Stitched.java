package io.podhop.collector.stitch;

import io.podhop.model.ClockOffset;
import io.podhop.model.Trace;

/**
 * A stitched connection and what it taught about clocks.
 *
 * @param farNode the node at the destination's end; empty when there is none
 * @param measured how far its clock is ahead of the source node's, by this connection alone
 */
public record Stitched(Trace trace, String farNode, ClockOffset measured) {}
