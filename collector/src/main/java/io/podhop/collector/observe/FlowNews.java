package io.podhop.collector.observe;

import io.podhop.model.Flow;

/** What an observation tells, in the order it happens. */
public sealed interface FlowNews {
  record Seen(Flow flow) implements FlowNews {}

  /**
   * Flows of a node are missing.
   *
   * @param count how many, as far as known; 0 when that is not known
   */
  record Lost(String node, long count, String reason) implements FlowNews {}

  /** Nothing can be observed: the last news. */
  record Refused(String sentence) implements FlowNews {}
}
