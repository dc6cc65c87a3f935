package io.podhop.cli.client;

import io.podhop.model.Endpoint;
import io.podhop.model.Hop;
import io.podhop.model.Protocol;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.List;

/** What the collector says while it traces, in the order it says it. */
public sealed interface TraceNews {
  /** Both ends were found and the nodes are being armed. */
  record Resolved(
      Endpoint source,
      Endpoint destination,
      Protocol protocol,
      List<String> nodes,
      List<String> warnings)
      implements TraceNews {}

  /** A hop as it was seen, for display only. */
  record HopSeen(Hop hop) implements TraceNews {}

  /** One connection, stitched. */
  record Traced(Trace trace) implements TraceNews {}

  /** The last word: the verdict over all connections. */
  record Finished(int connections, int delivered, Verdict verdict, String link)
      implements TraceNews {}

  /** The last word when the trace could not be run. */
  record Refused(Reason reason, String message) implements TraceNews {}

  /** What kind of refusal. */
  enum Reason {
    /** Unknown or ambiguous name, bad port. */
    USAGE,
    /** No agent, dead agent, agent that cannot capture. */
    NOT_OBSERVABLE
  }
}
