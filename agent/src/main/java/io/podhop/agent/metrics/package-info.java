/**
 * Totals as OpenTelemetry metrics: by pairs of workloads, and the agent's own. Every family is
 * named once, in {@link io.podhop.agent.metrics.Metric}; a small read-only endpoint serves them to
 * Prometheus.
 */
@NullMarked
package io.podhop.agent.metrics;

import org.jspecify.annotations.NullMarked;
