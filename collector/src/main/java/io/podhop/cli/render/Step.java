package io.podhop.cli.render;

import io.podhop.model.ClockOffset;
import io.podhop.model.Hop;
import io.podhop.model.Trace;
import java.util.ArrayList;
import java.util.List;

/**
 * A hop of a trace with its number and how long the packet took to come here.
 *
 * @param number from 1, over the whole trace
 * @param crossing whether the hop before it was on another node
 */
record Step(int number, Hop hop, After after, boolean crossing) {
  /** Time since the hop observed before. */
  sealed interface After {
    /** The first observed hop of the trace. */
    record First() implements After {}

    /** Measured; across nodes it is as exact as the clock offset. */
    record Measured(long ns) implements After {}

    /** Across nodes whose clocks could not be compared. */
    record NoCommonClock() implements After {}

    /** Not captured here. */
    record NotObserved() implements After {}
  }

  static List<Step> of(Trace trace) {
    List<Step> steps = new ArrayList<>();
    Hop previous = null;
    Hop.Observed seenBefore = null;
    for (Hop hop : trace.hops()) {
      boolean crossing = previous != null && !sameNode(previous, hop);
      After after = new After.NotObserved();
      if (hop instanceof Hop.Observed seen) {
        after = seenBefore == null ? new After.First() : since(seenBefore, seen, trace.offset());
        seenBefore = seen;
      }
      steps.add(new Step(steps.size() + 1, hop, after, crossing));
      previous = hop;
    }
    return steps;
  }

  private static After since(Hop.Observed before, Hop.Observed now, ClockOffset offset) {
    return sameNode(before, now) || offset.known()
        ? new After.Measured(now.timeNs() - before.timeNs())
        : new After.NoCommonClock();
  }

  private static boolean sameNode(Hop one, Hop other) {
    return one.point().node().equals(other.point().node());
  }
}
