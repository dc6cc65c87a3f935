package io.podhop.cli.render;

import io.podhop.model.Endpoint;
import io.podhop.model.Protocol;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.List;

/**
 * Everything that one trace command learned.
 *
 * @param source as the collector resolved it
 * @param destination as the collector resolved it: the service, not the endpoint it chose
 * @param nodes that were armed
 */
public record TraceReport(
    Endpoint source,
    Endpoint destination,
    Protocol protocol,
    List<String> nodes,
    List<String> warnings,
    List<Trace> traces,
    Outcome outcome) {
  /**
   * The last word of the collector.
   *
   * @param connections how many the verdict is about
   * @param verdict over all connections: the worst
   * @param link where the trace can be looked at; may be empty
   */
  public record Outcome(int connections, int delivered, Verdict verdict, String link) {}

  public TraceReport {
    nodes = List.copyOf(nodes);
    warnings = List.copyOf(warnings);
    traces = List.copyOf(traces);
  }
}
