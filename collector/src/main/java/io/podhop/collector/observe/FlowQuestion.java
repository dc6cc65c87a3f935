package io.podhop.collector.observe;

import io.podhop.model.FlowFilter;

/**
 * Which flows somebody wants to see.
 *
 * @param last of those that are kept, the newest of all nodes together, at most {@link #MAX_LAST}
 * @param follow go on with those that come
 * @param everyPoint a connection from both nodes that saw it, not only from where it began
 */
public record FlowQuestion(FlowFilter filter, int last, boolean follow, boolean everyPoint) {
  /** Kept flows in one answer, whatever was asked for. */
  public static final int MAX_LAST = 10_000;

  /** Of what an agent sends, so much may be left out: it is asked for more than is wanted. */
  private static final int SPARE = 4;

  /** Takes any number for {@code last}, as unsigned, and keeps to the bound. */
  public static FlowQuestion of(FlowFilter filter, int last, boolean follow, boolean everyPoint) {
    return new FlowQuestion(
        filter, (int) Math.min(Integer.toUnsignedLong(last), MAX_LAST), follow, everyPoint);
  }

  /** Kept flows to ask of each agent. */
  int lastOfEach() {
    return everyPoint ? last : Math.min(last * SPARE, MAX_LAST);
  }
}
