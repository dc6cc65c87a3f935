package io.podhop.cli.client;

import io.podhop.model.Flow;

/** What the collector says while flows are observed, in the order it says it. */
public sealed interface FlowNews {
  record Seen(Flow flow) implements FlowNews {}

  /**
   * Flows of a node are missing.
   *
   * @param count how many, as far as known; 0 when that is not known
   */
  record Lost(String node, long count, String reason) implements FlowNews {}

  /** The last word when nothing can be observed. */
  record Refused(TraceNews.Reason reason, String message) implements FlowNews {}
}
