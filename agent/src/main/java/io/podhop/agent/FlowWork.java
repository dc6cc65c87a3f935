package io.podhop.agent;

import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.correlate.Conversation;
import io.podhop.agent.correlate.FlowNames;
import io.podhop.agent.correlate.LearntNames;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.judge.ConnectionId;
import io.podhop.agent.judge.FlowJudge;
import io.podhop.agent.judge.SightBook;
import io.podhop.agent.judge.Thresholds;
import io.podhop.agent.metrics.FlowMetrics;
import io.podhop.agent.metrics.Increment;
import io.podhop.agent.metrics.Increments;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.observe.Observers;
import io.podhop.agent.sample.Sampling;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.Owner;
import io.podhop.model.PodInfo;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * From records to named flows, to what is counted, shown and traced. Each connection is counted
 * once per node: at the source pod's interface when that pod is on this node, else at the
 * destination pod's; at an ENI only when it is the node's own, because no pod's record belongs to
 * it. What begins on another node whose agent counts is left out of the metrics here. One thread
 * owns it.
 */
final class FlowWork {
  private static final String EDGES = CaptureMode.EDGES.toString();

  private final Supplier<NodeView> views;
  private final SightBook sights;
  private final Thresholds thresholds;
  private final Sampling sampling;
  private final Sinks sinks;
  private final Function<FlowKey, Optional<ConntrackEntry>> conntrack;
  private final FlowJoiner joiner = new FlowJoiner(FlowJoiner.MAX_HELD);
  private final LearntNames<String> learnt = new LearntNames<>();
  private final Increments increments;
  private @Nullable NodeView lastView;
  private @Nullable FlowNames lastNames;

  /** Where finished flows go. */
  record Sinks(FlowMetrics metrics, Observers observers, TraceMaker traces) {}

  /** What flows are judged by. */
  record Rules(Thresholds thresholds, Sampling sampling, int maxConnections) {}

  /**
   * @param views the node as it is now; the same value while nothing has changed
   * @param conntrack looks a packet's tuple up in either direction
   */
  FlowWork(
      Supplier<NodeView> views,
      SightBook sights,
      Rules rules,
      Sinks sinks,
      Function<FlowKey, Optional<ConntrackEntry>> conntrack) {
    this.views = views;
    this.sights = sights;
    this.thresholds = rules.thresholds();
    this.sampling = rules.sampling();
    this.sinks = sinks;
    this.conntrack = conntrack;
    this.increments = new Increments(rules.maxConnections());
  }

  void accept(FlowEvent event, long nowNs) {
    switch (event) {
      case FlowEvent.Ended ended -> joiner.add(ended, nowNs);
      case FlowEvent.Answered answered -> learn(answered);
    }
  }

  /** An answer passes the node's ENIs as well, where nobody knows whose question it was. */
  private void learn(FlowEvent.Answered answered) {
    if (answered.point().role() == Role.POD_ETH0) {
      learnt.learn(
          answered.point().owner(),
          answered.name(),
          answered.address(),
          answered.ttlSeconds(),
          answered.timeNs());
    }
  }

  /** Groups of records whose time has come, to be given to {@link #finish} one by one. */
  List<FlowJoiner.Group> due(long nowNs) {
    return joiner.due(nowNs);
  }

  void finish(FlowJoiner.Group group, long nowNs) {
    NodeView view = views.get();
    FlowNames names = names(view);
    JoinedFlow joined = joined(view, names, group);
    if (!joined.isSeenByPod() && isOtherHalf(joined, group)) {
      return;
    }
    Judged judged = judge(joined);
    Flow flow = judged.flow;
    Optional<Increment> increment =
        joined.isCounted() ? Optional.of(count(flow, names)) : Optional.empty();
    boolean sampled = sampling.takes(flow.traceId());
    if (group.isInterval()) {
      increment.ifPresent(news -> sinks.traces.goesOn(news, sampled, nowNs));
    } else {
      TraceMaker.Ended ended =
          new TraceMaker.Ended(joined, judged.conversation, flow, judged.judge);
      sinks.traces.end(ended, sampled, nowNs);
    }
  }

  private record Judged(Flow flow, Conversation conversation, FlowJudge judge) {}

  private Judged judge(JoinedFlow joined) {
    FlowEvent.Ended primary = joined.primary();
    FlowRecord seen = accounted(primary);
    long dropped =
        seen.isTracked() ? 0 : sights.dropped(primary.point(), seen.firstNs(), seen.lastNs());
    FlowJudge judge = new FlowJudge(seen, dropped, thresholds);
    Flow.Outcome outcome = judge.outcome();
    FlowNames.Ends ends = joined.names().ends(seen.key(), primary.point(), seen.firstNs());
    boolean ask = outcome.isOdd() || ends.destination().owner() instanceof Owner.Service;
    Conversation conversation = joined.conversation(ask ? this::original : _ -> Optional.empty());
    Flow flow =
        flow(
            joined.traceId(conversation),
            primary,
            seen,
            ends,
            outcome,
            new Flow.Sight(primary.mode(), dropped));
    return new Judged(flow, conversation, judge);
  }

  /**
   * What the edges did not show of a connection's traffic, conntrack has counted. UDP is {@link
   * UdpWatch}'s to count from when its point went over to the edges.
   */
  private FlowRecord accounted(FlowEvent.Ended ended) {
    FlowRecord seen = ended.record();
    boolean udp = seen.key().protocol() == Protocol.UDP && seen.packets() > 0;
    boolean whole = !ended.mode().equals(EDGES) || seen.dns().isPresent() || udp;
    return whole
        ? seen
        : conntrack.apply(seen.key()).map(entry -> Accounted.by(entry, seen)).orElse(seen);
  }

  /** With the records under the tuple that conntrack says it has after this node's NAT. */
  private JoinedFlow joined(NodeView view, FlowNames names, FlowJoiner.Group group) {
    JoinedFlow joined = new JoinedFlow(view, names, group.members());
    if (!(group.id() instanceof ConnectionId.Tuple tuple) || !joined.isSeenByPod()) {
      return joined;
    }
    boolean service =
        names.ends(tuple.key(), group.members().getFirst().point(), 0).destination().owner()
            instanceof Owner.Service;
    if (!service) {
      return joined;
    }
    List<FlowEvent.Ended> members = new ArrayList<>(group.members());
    original(tuple.key())
        .map(ConntrackEntry::translated)
        .filter(after -> !after.equals(tuple.key()))
        .flatMap(
            after ->
                joiner.take(new ConnectionId.Tuple(after, tuple.sequence()), group.isInterval()))
        .ifPresent(other -> members.addAll(other.members()));
    return new JoinedFlow(view, names, members);
  }

  private Optional<ConntrackEntry> original(FlowKey key) {
    return conntrack.apply(key).filter(entry -> entry.original().equals(key));
  }

  /**
   * Whether records of ENIs alone are what became of a pod's connection behind SNAT, where nothing
   * in the packets themselves says so. Its pod's interface has its own record.
   */
  private boolean isOtherHalf(JoinedFlow joined, FlowJoiner.Group group) {
    FlowKey key = joined.primary().record().key();
    if (!(group.id() instanceof ConnectionId.Tuple) || !joined.isOfNode(key)) {
      return false;
    }
    return conntrack
        .apply(key.reversed())
        .map(ConntrackEntry::original)
        .filter(original -> joined.names().localPod(original.source()).isPresent())
        .isPresent();
  }

  private FlowNames names(NodeView view) {
    boolean same = view.equals(lastView);
    // The same value in another object would be compared in full for every flow.
    lastView = view;
    if (lastNames == null || !same) {
      lastNames = new FlowNames(view, learnt);
      learnt.retain(
          view.inventory().pods().stream()
              .map(PodInfo::ref)
              .map(Object::toString)
              .collect(Collectors.toSet()));
    }
    return lastNames;
  }

  /** All is shown to who asks, who knows of both nodes; what the source's node counts is not. */
  private Increment count(Flow flow, FlowNames names) {
    Increment increment = increments.of(flow);
    if (!names.isCountedElsewhere(flow.key().source())) {
      sinks.metrics.add(increment);
    }
    sinks.observers.add(flow);
    return increment;
  }

  private static Flow flow(
      String traceId,
      FlowEvent.Ended primary,
      FlowRecord seen,
      FlowNames.Ends ends,
      Flow.Outcome outcome,
      Flow.Sight sight) {
    return new Flow(
        traceId,
        primary.point(),
        seen.key(),
        ends.source(),
        ends.destination(),
        seen.end(),
        seen.firstNs(),
        seen.lastNs(),
        seen.request(),
        seen.reply(),
        seen.tcp(),
        seen.dns(),
        seen.tunnel(),
        outcome,
        sight);
  }

  FlowJoiner joiner() {
    return joiner;
  }

  LearntNames<String> learnt() {
    return learnt;
  }

  Increments increments() {
    return increments;
  }
}
