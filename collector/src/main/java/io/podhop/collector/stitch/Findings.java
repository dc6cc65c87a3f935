package io.podhop.collector.stitch;

import io.podhop.model.ClockOffset;
import io.podhop.model.Coverage;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.PointCoverage;
import io.podhop.model.Translation;
import java.util.List;

/**
 * All that a verdict is judged from.
 *
 * @param wire the tuple between the nodes, request direction
 * @param offset how far the target's node is ahead; observed times are already on the source's
 *     clock, coverage is not
 * @param notes what agents said beside their hops
 */
record Findings(
    TraceContext context,
    Path path,
    Exchange exchange,
    FlowKey wire,
    ClockOffset offset,
    List<Translation> translations,
    List<String> notes) {
  Ends ends() {
    return path.ends();
  }

  boolean probeEnded(Attempt.Outcome outcome) {
    return context.attempt().filter(a -> a.outcome() == outcome).isPresent();
  }

  boolean answered() {
    return exchange.answerReachedSource() || probeEnded(Attempt.Outcome.ANSWERED);
  }

  boolean refused() {
    return exchange.refusalReachedSource() || probeEnded(Attempt.Outcome.REFUSED);
  }

  /** Whether silence at a point proves that a packet, last seen before, did not come by. */
  boolean provesAbsence(PointCoverage point, Hop.Observed lastSeen) {
    Coverage coverage = point.coverage();
    if (!coverage.complete()) {
      return false;
    }
    boolean nearClock = point.point().node().equals(ends().source().node());
    if (!nearClock && !offset.known()) {
      // The collector armed the point before and finished it after: there is no clock to ask.
      return true;
    }
    long shift = nearClock ? 0 : offset.offsetNs();
    long tolerance = nearClock ? 0 : offset.errorNs();
    long due = lastSeen.timeNs() + shift;
    return due + tolerance >= coverage.fromNs() && due - tolerance <= coverage.toNs();
  }
}
