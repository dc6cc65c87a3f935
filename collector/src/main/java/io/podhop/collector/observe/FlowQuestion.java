package io.podhop.collector.observe;

import io.podhop.model.FlowFilter;

/**
 * Which flows somebody wants to see.
 *
 * @param last of those that are kept, the newest of all nodes together, at most {@link #MAX_LAST}
 * @param follow go on with those that come
 */
public record FlowQuestion(FlowFilter filter, int last, boolean follow) {
  /** Kept flows in one answer, whatever was asked for. */
  public static final int MAX_LAST = 10_000;

  /** Takes any number for {@code last}, as unsigned, and keeps to the bound. */
  public static FlowQuestion of(FlowFilter filter, int last, boolean follow) {
    return new FlowQuestion(filter, (int) Math.min(Integer.toUnsignedLong(last), MAX_LAST), follow);
  }
}
