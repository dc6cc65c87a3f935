package io.podhop.collector.observe;

import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.model.Flow;
import io.podhop.model.FlowFilter;
import io.podhop.model.Owner;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;

/**
 * Leaves out what a destination's node reports of connections that the source's node reports too.
 * Under a filter that the two may answer differently (a service's port at one, the pod's at the
 * other), a report of the destination's node waits for the other with the same trace id, and is
 * shown when none comes.
 */
final class OtherEnds {
  /** Reports that may wait; beyond it they are shown, perhaps twice. */
  static final int MAX_HELD = 10_000;

  /** Connections remembered of which a source's report was shown. */
  static final int MAX_SHOWN = 65_536;

  /** Agents hold a connection for a second, and look every 50 ms. */
  static final long HOLD_NS = Duration.ofSeconds(2).toNanos();

  private final FlowQuestion question;
  private final Counters counters;
  private final Set<String> reporting = new HashSet<>();
  private final Deque<Held> held = new ArrayDeque<>();
  private final SequencedSet<String> shown = new LinkedHashSet<>();

  private record Held(Flow flow, String origin, long dueNs) {}

  OtherEnds(FlowQuestion question, Counters counters) {
    this.question = question;
    this.counters = counters;
  }

  /** The node's agent was asked and will tell what it sees. */
  void reports(String node) {
    reporting.add(node);
  }

  /** The node's agent tells nothing, or nothing more. */
  void isSilent(String node) {
    reporting.remove(node);
  }

  /** While kept flows are gathered: whether this one waits for {@link #release}. */
  boolean holdsForAll(Flow flow) {
    Optional<String> origin = otherNode(flow);
    return origin.isPresent() && hold(new Held(flow, origin.get(), Long.MAX_VALUE));
  }

  /** Of flows that come live: whether this one is left out, or waits for {@link #due}. */
  boolean holds(Flow flow, long nowNs) {
    Optional<String> origin = otherNode(flow);
    if (origin.isPresent() && isLeftOut(flow, origin.get())) {
      counters.increment(CollectorCounter.FLOWS_OF_OTHER_END);
      return true;
    }
    return origin.isPresent() && hold(new Held(flow, origin.get(), nowNs + HOLD_NS));
  }

  private boolean hold(Held flow) {
    return reporting.contains(flow.origin) && held.size() < MAX_HELD && held.add(flow);
  }

  /** All that waited and is to be shown after all; every node has said what it kept. */
  List<Flow> release() {
    return take(Long.MAX_VALUE);
  }

  /** What waited long enough and is to be shown after all. */
  List<Flow> due(long nowNs) {
    return take(nowNs);
  }

  private List<Flow> take(long untilNs) {
    List<Flow> show = new ArrayList<>();
    while (!held.isEmpty() && held.getFirst().dueNs <= untilNs) {
      Held next = held.removeFirst();
      if (isLeftOut(next.flow, next.origin)) {
        counters.increment(CollectorCounter.FLOWS_OF_OTHER_END);
      } else {
        show.add(next.flow);
      }
    }
    return show;
  }

  private boolean isLeftOut(Flow flow, String origin) {
    return shown.contains(flow.traceId())
        || reporting.contains(origin) && answersAlike(flow.source().owner());
  }

  /** Whether the filter takes the source's report exactly if it takes the destination's. */
  private boolean answersAlike(Owner source) {
    FlowFilter asked = question.filter();
    // Behind SNAT the source is its node at one end and a pod at the other.
    String from = source instanceof Owner.Pod ? asked.from() : "";
    return asked.equals(
        new FlowFilter(from, "", 0, asked.protocol(), Set.of(), Optional.empty(), 0, 0));
  }

  private void remember(Flow flow) {
    if (flow.traceId().isEmpty()) {
      return;
    }
    shown.addLast(flow.traceId());
    if (shown.size() > MAX_SHOWN) {
      shown.removeFirst();
    }
  }

  /**
   * The node that a flow began on, when that is not the one that reports it; when it is, the flow
   * is remembered.
   */
  private Optional<String> otherNode(Flow flow) {
    String node =
        switch (flow.source().owner()) {
          case Owner.Pod pod -> pod.node();
          case Owner.Node own -> own.name();
          case Owner.Service _, Owner.External _, Owner.Unknown _ -> "";
        };
    if (question.everyPoint() || node.isEmpty() || node.equals(flow.point().node())) {
      remember(flow);
      return Optional.empty();
    }
    return Optional.of(node);
  }
}
