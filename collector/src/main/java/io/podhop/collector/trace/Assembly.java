package io.podhop.collector.trace;

import io.podhop.collector.explain.Prediction;
import io.podhop.collector.ingest.Delivery;
import io.podhop.collector.ingest.SegmentInbox;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.collector.stitch.Attempt;
import io.podhop.collector.stitch.ClockOffsets;
import io.podhop.collector.stitch.Stitched;
import io.podhop.collector.stitch.Stitcher;
import io.podhop.collector.stitch.TraceContext;
import io.podhop.model.Direction;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.PacketKind;
import io.podhop.model.PointCoverage;
import io.podhop.model.Protocol;
import io.podhop.model.Segment;
import io.podhop.model.Trace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** Makes traces of what waits in the inbox. Thread-safe. */
final class Assembly {
  private final SegmentInbox inbox;
  private final ClockOffsets offsets;
  private final Counters counters;
  private final LongSupplier nanoTime;

  Assembly(SegmentInbox inbox, ClockOffsets offsets, Counters counters, LongSupplier nanoTime) {
    this.inbox = inbox;
    this.offsets = offsets;
    this.counters = counters;
    this.nanoTime = nanoTime;
  }

  /**
   * The connections of one run: one trace for each that was seen, and for each probe that was not.
   *
   * @param prediction the ways they should have taken; empty when nobody could tell
   */
  List<StitchedTrace> assemble(
      Plan plan, Answers answers, List<String> missingNodes, Optional<Prediction> prediction) {
    List<String> notes = new ArrayList<>(answers.notes());
    Known known = new Known(plan, answers, missingNodes, notes, prediction);
    List<Attempt> unseen = new ArrayList<>(answers.attempts());
    List<StitchedTrace> traces = new ArrayList<>();
    for (String traceId : ownTraces(plan, answers, notes)) {
      List<Delivery> deliveries = inbox.close(traceId);
      if (plan.ask().watch() && isJoinedLate(deliveries, answers.coverage())) {
        counters.add(CollectorCounter.SEGMENTS_JOINED_LATE, deliveries.size());
        continue;
      }
      Optional<Attempt> attempt =
          unseen.stream().filter(a -> isOf(a, plan, deliveries)).findFirst();
      attempt.ifPresent(unseen::remove);
      traces.add(stitch(deliveries, answers.coverage(), context(known, deliveries, attempt)));
    }
    for (Attempt attempt : unseen) {
      traces.add(
          stitch(List.of(), answers.coverage(), context(known, List.of(), Optional.of(attempt))));
    }
    return traces;
  }

  /** Ids of the traces that are this run's; a pod's other traffic may have been captured too. */
  private List<String> ownTraces(Plan plan, Answers answers, List<String> notes) {
    Map<String, List<Delivery>> byTrace = new LinkedHashMap<>();
    for (String traceId : answers.traceIds()) {
      List<Delivery> waiting = inbox.peek(List.of(traceId));
      if (waiting.isEmpty()) {
        counters.increment(CollectorCounter.SEGMENTS_MISSING);
        notes.add("an agent announced trace " + traceId + " and its segment never came");
      } else {
        byTrace.put(traceId, waiting);
      }
    }
    List<Attempt> attempts = answers.attempts();
    return byTrace.entrySet().stream()
        .filter(
            e -> attempts.isEmpty() || attempts.stream().anyMatch(a -> isOf(a, plan, e.getValue())))
        .map(Map.Entry::getKey)
        .limit(Ask.MAX_COUNT)
        .toList();
  }

  /**
   * Whether a connection was opened before every capture was: the first points then saw what the
   * last ones could not, which looks like a loss and is none. Datagrams open nothing: there it is
   * enough that one came later. A few milliseconds of clock skew make no difference to people who
   * wait for traffic.
   */
  private static boolean isJoinedLate(List<Delivery> deliveries, List<PointCoverage> armed) {
    long readyNs =
        armed.stream().mapToLong(point -> point.coverage().fromNs()).max().orElse(Long.MIN_VALUE);
    List<Hop.Observed> seen =
        deliveries.stream()
            .flatMap(delivery -> delivery.segment().hops().stream())
            .flatMap(hop -> hop instanceof Hop.Observed o ? Stream.of(o) : Stream.empty())
            .toList();
    boolean opens =
        deliveries.stream()
            .allMatch(delivery -> delivery.segment().client().protocol() == Protocol.TCP);
    return opens
        ? seen.stream()
            .filter(hop -> hop.packet() == PacketKind.SYN)
            .noneMatch(syn -> syn.timeNs() >= readyNs)
        : seen.stream().allMatch(hop -> hop.timeNs() < readyNs && hop.copies() == 1);
  }

  /** Whether a probe's socket made this connection; after SNAT only its own node can tell. */
  private static boolean isOf(Attempt attempt, Plan plan, List<Delivery> deliveries) {
    List<Segment> near =
        deliveries.stream()
            .map(Delivery::segment)
            .filter(s -> s.node().equals(plan.source().node()))
            .toList();
    return near.isEmpty()
        ? deliveries.stream().anyMatch(d -> d.segment().wire().sourcePort() == attempt.sourcePort())
        : near.stream().anyMatch(s -> s.client().sourcePort() == attempt.sourcePort());
  }

  /** What all connections of one run have in common. */
  private record Known(
      Plan plan,
      Answers answers,
      List<String> missingNodes,
      List<String> notes,
      Optional<Prediction> prediction) {}

  private TraceContext context(Known known, List<Delivery> deliveries, Optional<Attempt> attempt) {
    Plan plan = known.plan();
    return new TraceContext(
        plan.protocol(),
        plan.source().endpoint(),
        plan.destination().endpoint(),
        plan.destination().targets(),
        known.missingNodes(),
        attempt,
        known.notes(),
        known.prediction().map(p -> p.by(requests(deliveries)).legs()).orElse(List.of()),
        known.answers().looked(),
        offsets.from(plan.source().node(), nanoTime.getAsLong()));
  }

  /** The tuples under which a connection's requests were seen, before and after NAT. */
  private static Set<FlowKey> requests(List<Delivery> deliveries) {
    Set<FlowKey> tuples = new HashSet<>();
    for (Delivery delivery : deliveries) {
      tuples.add(delivery.segment().wire());
      for (Hop hop : delivery.segment().hops()) {
        if (hop instanceof Hop.Observed seen && seen.direction() == Direction.REQUEST) {
          tuples.add(seen.tuple());
        }
      }
    }
    return tuples;
  }

  /** A trace that no run waits for, from what its segments say by themselves. */
  StitchedTrace assembleAlone(List<Delivery> deliveries) {
    counters.add(CollectorCounter.SEGMENTS_UNCLAIMED, deliveries.size());
    return stitch(deliveries, List.of(), ownContext(deliveries));
  }

  /**
   * The connections that a packet capture saw from their beginning, at most {@code limit}; nobody
   * asked for one pair of ends, so the segments say by themselves who they are.
   *
   * @param done takes those that no run and no agent had told of before
   */
  List<Trace> assembleCaptured(Answers answers, int limit, Consumer<StitchedTrace> done) {
    List<Trace> traces = new ArrayList<>();
    for (String traceId : answers.traceIds()) {
      List<Delivery> late = inbox.takeLate(traceId);
      List<Delivery> deliveries = late.isEmpty() ? inbox.close(traceId) : late;
      if (deliveries.isEmpty()) {
        counters.increment(CollectorCounter.SEGMENTS_MISSING);
      } else if (isJoinedLate(deliveries, answers.coverage())) {
        counters.add(CollectorCounter.SEGMENTS_JOINED_LATE, deliveries.size());
      } else if (traces.size() < limit) {
        StitchedTrace trace = stitch(deliveries, answers.coverage(), ownContext(deliveries));
        traces.add(trace.trace());
        if (late.isEmpty()) {
          done.accept(trace);
        }
      }
    }
    return traces;
  }

  private TraceContext ownContext(List<Delivery> deliveries) {
    Segment first = deliveries.getFirst().segment();
    for (Delivery delivery : deliveries) {
      Segment.Side side = delivery.segment().side();
      if (side == Segment.Side.SOURCE || side == Segment.Side.BOTH) {
        first = delivery.segment();
      }
    }
    Set<Endpoint> targets = new HashSet<>();
    deliveries.stream()
        .map(d -> d.segment().destination())
        .filter(Assembly::canBeWatched)
        .forEach(targets::add);
    return new TraceContext(
        first.client().protocol(),
        first.source(),
        first.destination(),
        List.copyOf(targets),
        List.of(),
        Optional.empty(),
        List.of(),
        List.of(),
        List.of(),
        offsets.from(Plan.node(first.source()), nanoTime.getAsLong()));
  }

  private static boolean canBeWatched(Endpoint endpoint) {
    return !Plan.node(endpoint).isEmpty();
  }

  private StitchedTrace stitch(
      List<Delivery> deliveries, List<PointCoverage> armed, TraceContext context) {
    Stitched stitched =
        Stitcher.stitch(deliveries.stream().map(Delivery::segment).toList(), armed, context);
    String near = Plan.node(context.source());
    if (!near.isEmpty() && !stitched.farNode().isEmpty()) {
      offsets.learn(near, stitched.farNode(), stitched.measured(), nanoTime.getAsLong());
    }
    return new StitchedTrace(stitched.trace(), deliveries);
  }
}
