/**
 * Segments to spans, with the OpenTelemetry SDK: derived ids, explicit times, one resource per
 * workload, so that a trace back end draws the service graph of workloads nobody instrumented.
 */
@NullMarked
package io.podhop.agent.span;

import org.jspecify.annotations.NullMarked;
