package io.podhop.collector.trace;

import io.podhop.model.Endpoint;
import io.podhop.model.Hop;
import io.podhop.model.Protocol;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.List;

/** What a running trace tells, in the order it happens; ends with Concluded or Refused. */
public sealed interface Progress {
  /**
   * Both ends as understood.
   *
   * @param nodes whose agents are armed
   */
  record Resolved(
      Endpoint source,
      Endpoint destination,
      Protocol protocol,
      List<String> nodes,
      List<String> warnings)
      implements Progress {}

  /** A packet was seen, as it happens; times are still those of the hop's own node. */
  record HopSeen(Hop hop) implements Progress {}

  record Traced(Trace trace) implements Progress {}

  /**
   * @param verdict over all connections: the worst
   * @param worstTraceId the connection it is of; empty when there was none
   */
  record Concluded(int connections, int delivered, Verdict verdict, String worstTraceId)
      implements Progress {}

  /**
   * @param usage true when the question was wrong, false when it cannot be observed
   */
  record Refused(boolean usage, String sentence) implements Progress {}
}
