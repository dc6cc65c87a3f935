package io.podhop.agent.metrics;

import io.podhop.model.Flow;
import io.podhop.model.Traffic;

/**
 * What one record of a connection adds to what was counted of it before.
 *
 * @param first nothing was counted before: the connection itself is counted now
 * @param handshake its handshake time is known and was not counted before
 * @param reset its reset was not counted before
 * @param fromNs epoch nanoseconds of what was counted last; the connection's first packet at first
 * @param number of this connection's record, from 1
 */
public record Increment(
    Flow flow,
    Traffic request,
    Traffic reply,
    long retransmits,
    boolean first,
    boolean handshake,
    boolean reset,
    long fromNs,
    int number) {}
