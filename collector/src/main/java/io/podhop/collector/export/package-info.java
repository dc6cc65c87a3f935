/**
 * What leaves for a trace back end: the spans of a stitched trace, put on one clock and completed
 * with what only the collector knows, delivered over OTLP/gRPC.
 */
@NullMarked
package io.podhop.collector.export;

import org.jspecify.annotations.NullMarked;
