package io.podhop.agent;

import io.podhop.agent.correlate.Armed;
import io.podhop.agent.correlate.Conversation;
import io.podhop.agent.correlate.FlowNames;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.model.Coverage;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PointCoverage;
import io.podhop.model.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * One connection's records on this node, and which of them speaks for it. Made for every
 * connection, so it is made of loops.
 */
final class JoinedFlow {
  private static final Coverage UNKNOWN = new Coverage("", 0, 0, 0, 0, 0, 0);
  private static final int AT_SOURCE = 0;
  private static final int AT_OTHER_POD = 1;
  private static final int AT_ENI = 2;

  private final NodeView view;
  private final FlowNames names;
  private final List<FlowEvent.Ended> members;
  private final FlowEvent.Ended primary;
  private final int distance;

  /**
   * @param members at least one, of different points
   */
  JoinedFlow(NodeView view, FlowNames names, List<FlowEvent.Ended> members) {
    this.view = view;
    this.names = names;
    this.members = List.copyOf(members);
    FlowEvent.Ended nearest = this.members.getFirst();
    int nearestDistance = distance(nearest);
    for (int i = 1; i < this.members.size(); i++) {
      FlowEvent.Ended member = this.members.get(i);
      int distance = distance(member);
      boolean heardMore = member.record().reply().packets() > nearest.record().reply().packets();
      if (distance < nearestDistance || distance == nearestDistance && heardMore) {
        nearest = member;
        nearestDistance = distance;
      }
    }
    this.primary = nearest;
    this.distance = nearestDistance;
  }

  NodeView view() {
    return view;
  }

  FlowNames names() {
    return names;
  }

  /**
   * The record at the nearest point to a pod: the source's, else the destination's, else an ENI's
   * that heard an answer. It is what metrics count and people see.
   */
  FlowEvent.Ended primary() {
    return primary;
  }

  private int distance(FlowEvent.Ended member) {
    if (member.point().role() != Role.POD_ETH0) {
      return AT_ENI;
    }
    String atSource = names.localPodName(member.record().key().source());
    boolean source = !atSource.isEmpty() && atSource.equals(member.point().owner());
    return source ? AT_SOURCE : AT_OTHER_POD;
  }

  boolean isSeenByPod() {
    return distance != AT_ENI;
  }

  /** Whether this node is the one that counts it, and by this group: see {@link FlowWork}. */
  boolean isCounted() {
    FlowKey key = primary.record().key();
    boolean sourceHere = isHere(key.source());
    return switch (distance) {
      case AT_SOURCE -> true;
      case AT_OTHER_POD -> !sourceHere;
      default -> isOfNode(key) && !sourceHere && !isHere(key.destination());
    };
  }

  private boolean isHere(IpAddress address) {
    return !names.localPodName(address).isEmpty();
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
    FlowKey key = primary.record().key();
    for (Conversation one : joined) {
      for (FlowRecord record : one.records()) {
        if (record.key().equals(key)) {
          return one;
        }
      }
    }
    return joined.getFirst();
  }

  /** The id that the trace of {@link #conversation(Function)} has. */
  String traceId(Conversation conversation) {
    return conversation.traceId(
        index -> members.get(index).point().role(),
        isHere(conversation.before().source()),
        isHere(conversation.after().destination()));
  }

  /** In the order of its records. */
  List<ObservationPoint> points() {
    List<ObservationPoint> points = new ArrayList<>(members.size());
    for (FlowEvent.Ended member : members) {
      points.add(member.point());
    }
    return points;
  }

  /** With the points that should have seen it: every ENI, and the pods of both ends. */
  Armed watched(List<PointCoverage> all, Conversation conversation) {
    Map<ObservationPoint, Coverage> watched = new LinkedHashMap<>();
    points().forEach(point -> watched.put(point, UNKNOWN));
    String source = names.localPodName(conversation.before().source());
    String destination = names.localPodName(conversation.after().destination());
    for (PointCoverage point : all) {
      String owner = point.point().owner();
      boolean concerned =
          switch (point.point().role()) {
            case ENI, BRANCH_ENI -> true;
            case POD_ETH0, HOST_VETH ->
                !owner.isEmpty() && (owner.equals(source) || owner.equals(destination));
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
}
