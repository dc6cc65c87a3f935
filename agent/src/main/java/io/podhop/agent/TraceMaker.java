package io.podhop.agent;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.podhop.agent.correlate.Armed;
import io.podhop.agent.correlate.Conversation;
import io.podhop.agent.correlate.Correlator;
import io.podhop.agent.judge.FlowJudge;
import io.podhop.agent.judge.SightBook;
import io.podhop.agent.metrics.Increment;
import io.podhop.agent.sample.Reason;
import io.podhop.agent.sample.TraceBudget;
import io.podhop.agent.ship.OtlpMessages;
import io.podhop.agent.span.IntervalSpan;
import io.podhop.agent.span.SegmentSpans;
import io.podhop.model.Flow;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PointCoverage;
import io.podhop.model.Segment;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.function.Consumer;

/**
 * Makes traces of the connections that are worth one: as many per second as the budget has. One
 * thread owns it.
 */
final class TraceMaker {
  /** Long connections of which an interval was sent, so that their end will be too. */
  static final int MAX_BEGUN = 4_096;

  /** Beyond the last packet: for a packet that left one point to arrive at the next. */
  private static final long SETTLE_NS = 1_000_000_000L;

  private final SightBook sights;
  private final TraceBudget budget;
  private final Consumer<ExportTraceServiceRequest> ship;
  private final SequencedSet<String> begun = new LinkedHashSet<>();

  TraceMaker(SightBook sights, TraceBudget budget, Consumer<ExportTraceServiceRequest> ship) {
    this.sights = sights;
    this.budget = budget;
    this.ship = ship;
  }

  /**
   * @param judge of what the flow's outcome is, and would be without what the segment's hops show
   */
  record Ended(JoinedFlow joined, Conversation conversation, Flow flow, FlowJudge judge) {}

  /** A connection that has ended. */
  void end(Ended ended, boolean sampled, long nowNs) {
    boolean begunBefore = begun.remove(ended.flow.traceId());
    Optional<Reason> reason = Reason.of(ended.flow.outcome(), sampled || begunBefore);
    if (reason.isPresent() && budget.take(reason.get(), nowNs)) {
      Segment segment = segment(ended);
      ship.accept(OtlpMessages.of(segment, SegmentSpans.of(segment, Optional.of(ended.flow))));
    }
  }

  /** Where edges alone are captured, UDP that is not seen at a point proves nothing. */
  private Segment segment(Ended ended) {
    Flow flow = ended.flow;
    boolean captured = !ended.joined.primary().record().isTracked();
    List<PointCoverage> open =
        sights.all(flow.startNs(), flow.endNs() + SETTLE_NS).stream()
            .filter(watched -> captured || ended.joined.points().contains(watched.point()))
            .toList();
    Armed armed = ended.joined.watched(open, ended.conversation);
    List<ObservationPoint> points = armed.points().stream().map(PointCoverage::point).toList();
    Conversation conversation =
        ended.joined.conversation(points, _ -> ended.conversation.conntrack());
    Segment segment =
        Correlator.segment(
            ended.joined.view(),
            armed,
            conversation,
            new Correlator.Ends(flow.source(), flow.destination()));
    return segment.with(ended.judge.beyondOpening());
  }

  /** A connection that goes on. */
  void goesOn(Increment increment, boolean sampled, long nowNs) {
    Flow flow = increment.flow();
    boolean begunBefore = begun.contains(flow.traceId());
    Optional<Reason> reason = Reason.of(flow.outcome(), sampled || begunBefore);
    if (reason.isEmpty() || !budget.take(reason.get(), nowNs)) {
      return;
    }
    begun.addLast(flow.traceId());
    if (begun.size() > MAX_BEGUN) {
      begun.removeFirst();
    }
    ship.accept(
        OtlpMessages.of(
            new IntervalSpan(
                    flow,
                    increment.number(),
                    increment.fromNs(),
                    increment.request(),
                    increment.reply(),
                    increment.retransmits())
                .spans()));
  }
}
