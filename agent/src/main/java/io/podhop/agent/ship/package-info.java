/**
 * Spans off the node: OTLP over gRPC, a bounded queue, one thread, and an answer for every batch. A
 * batch counts as delivered only when the far side has acknowledged it.
 */
@NullMarked
package io.podhop.agent.ship;

import org.jspecify.annotations.NullMarked;
