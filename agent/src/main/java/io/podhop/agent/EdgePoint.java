package io.podhop.agent;

import io.podhop.model.ObservationPoint;

/**
 * A point of which only what the edges filter passes is captured.
 *
 * @param sinceNs epoch nanoseconds from which this is so
 * @param fromHeaders every header was read there before; else it was opened like this
 */
record EdgePoint(ObservationPoint point, long sinceNs, boolean fromHeaders) {}
