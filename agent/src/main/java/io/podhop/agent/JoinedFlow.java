package io.podhop.agent;

import io.podhop.agent.correlate.Armed;
import io.podhop.agent.correlate.Conversation;
import io.podhop.agent.correlate.FlowNames;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.model.Coverage;
import io.podhop.model.FlowKey;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodInfo;
import io.podhop.model.PointCoverage;
import io.podhop.model.Role;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** One connection's records on this node, and which of them speaks for it. */
record JoinedFlow(NodeView view, FlowNames names, List<FlowEvent.Ended> members) {
  private static final Coverage UNKNOWN = new Coverage("", 0, 0, 0, 0, 0, 0);

  JoinedFlow {
    members = List.copyOf(members);
  }

  /**
   * The record at the nearest point to a pod: the source's, else the destination's, else an ENI's
   * that heard an answer. It is what metrics count and people see.
   */
  FlowEvent.Ended primary() {
    return members.stream()
        .min(
            Comparator.comparingInt(this::distance)
                .thenComparingLong(member -> -member.record().reply().packets()))
        .orElseThrow();
  }

  private int distance(FlowEvent.Ended member) {
    if (member.point().role() != Role.POD_ETH0) {
      return 2;
    }
    return isAtSource(member) ? 0 : 1;
  }

  private boolean isAtSource(FlowEvent.Ended member) {
    return names
        .localPod(member.record().key().source())
        .filter(pod -> pod.ref().toString().equals(member.point().owner()))
        .isPresent();
  }

  boolean isSeenByPod() {
    return members.stream().anyMatch(member -> member.point().role() == Role.POD_ETH0);
  }

  /** Whether this node is the one that counts it, and by this group: see {@link FlowWork}. */
  boolean isCounted() {
    FlowEvent.Ended primary = primary();
    FlowKey key = primary.record().key();
    if (primary.point().role() == Role.POD_ETH0) {
      return isAtSource(primary) || names.localPod(key.source()).isEmpty();
    }
    return isOfNode(key)
        && names.localPod(key.source()).isEmpty()
        && names.localPod(key.destination()).isEmpty();
  }

  /** Whether one end is an address of the node's own: then SNAT or host network made it. */
  boolean isOfNode(FlowKey key) {
    return names.isNode(key.source()) || names.isNode(key.destination());
  }

  /** The conversations of the points that saw it; cheap, and enough to know the trace id. */
  Conversation conversation(Function<FlowKey, Optional<ConntrackEntry>> conntrack) {
    return conversation(points(), conntrack);
  }

  Conversation conversation(
      List<ObservationPoint> points, Function<FlowKey, Optional<ConntrackEntry>> conntrack) {
    List<FlowRecord> records = new ArrayList<>(members.size());
    for (FlowEvent.Ended member : members) {
      records.add(member.record().at(points.indexOf(member.point())));
    }
    List<Conversation> joined = Conversation.join(records, conntrack);
    FlowKey primary = primary().record().key();
    return joined.stream()
        .filter(c -> c.records().stream().anyMatch(record -> record.key().equals(primary)))
        .findFirst()
        .orElse(joined.getFirst());
  }

  List<ObservationPoint> points() {
    return members.stream().map(FlowEvent.Ended::point).distinct().toList();
  }

  /** The points that saw it, without what they covered. */
  Armed seenAt() {
    return new Armed(points().stream().map(point -> new PointCoverage(point, UNKNOWN)).toList());
  }

  /** With the points that should have seen it: every ENI, and the pods of both ends. */
  Armed watched(List<PointCoverage> all, Conversation conversation) {
    Map<ObservationPoint, Coverage> watched = new LinkedHashMap<>();
    points().forEach(point -> watched.put(point, UNKNOWN));
    String source = pod(conversation.before().source());
    String destination = pod(conversation.after().destination());
    for (PointCoverage point : all) {
      String owner = point.point().owner();
      boolean concerned =
          switch (point.point().role()) {
            case ENI, BRANCH_ENI -> true;
            case POD_ETH0, HOST_VETH -> owner.equals(source) || owner.equals(destination);
            case FILE -> false;
          };
      if (concerned || watched.containsKey(point.point())) {
        watched.put(point.point(), point.coverage());
      }
    }
    return new Armed(
        watched.entrySet().stream()
            .map(entry -> new PointCoverage(entry.getKey(), entry.getValue()))
            .toList());
  }

  private String pod(io.podhop.model.IpAddress address) {
    return names.localPod(address).map(PodInfo::ref).map(Object::toString).orElse("-");
  }
}
