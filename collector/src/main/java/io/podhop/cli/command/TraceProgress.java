package io.podhop.cli.command;

import io.podhop.cli.client.CollectorException;
import io.podhop.cli.client.TraceNews;
import io.podhop.cli.render.TraceReport;
import io.podhop.model.Trace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers the news of one trace until the last. */
final class TraceProgress {
  private final List<Trace> traces = new ArrayList<>();
  private TraceNews.@Nullable Resolved resolved;
  private TraceNews.@Nullable Finished finished;
  private TraceNews.@Nullable Refused refused;

  void accept(TraceNews news) {
    switch (news) {
      case TraceNews.Resolved now -> resolved = now;
      case TraceNews.HopSeen _ -> {}
      case TraceNews.Traced traced -> traces.add(traced.trace());
      case TraceNews.Finished now -> finished = now;
      case TraceNews.Refused now -> refused = now;
    }
  }

  TraceNews.@Nullable Refused refused() {
    return refused;
  }

  /**
   * @throws CollectorException when the collector never said what it traced
   */
  TraceReport report() throws CollectorException {
    TraceNews.Resolved ends = resolved;
    TraceNews.Finished end = finished;
    if (ends == null || end == null) {
      throw new CollectorException("the collector gave a verdict without naming both ends");
    }
    return new TraceReport(
        ends.source(),
        ends.destination(),
        ends.protocol(),
        ends.nodes(),
        ends.warnings(),
        traces,
        new TraceReport.Outcome(end.connections(), end.delivered(), end.verdict(), end.link()));
  }
}
