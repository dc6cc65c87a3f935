package io.podhop.agent.predict;

import io.podhop.agent.correlate.NodeView;
import io.podhop.model.Direction;
import io.podhop.model.LegQuery;
import io.podhop.model.PodInfo;
import io.podhop.model.PredictedLeg;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Follows a packet over one node, from where it enters it to where it leaves it, through the pod's
 * own namespace, netfilter's hooks, the routing policy and the links, in the kernel's order; pure.
 * Network policy in eBPF is not known here, nor are connections that a tracked entry of the query
 * does not tell of.
 */
public final class LegPredictor {
  private LegPredictor() {}

  /**
   * The node's part of the packet's way.
   *
   * @throws IllegalArgumentException with a sentence for people, when the packet enters where
   *     nothing is
   */
  public static PredictedLeg predict(NodeView view, LegQuery query) {
    if (query.packet().source().isIpv4() != query.packet().destination().isIpv4()) {
      throw new IllegalArgumentException("two address families: " + query.packet());
    }
    NodeMap node = new NodeMap(view);
    PredictedLeg leg = walk(node, query, false);
    return query.tracked().isEmpty() && query.direction() == Direction.REQUEST
        ? withLater(node, query, leg)
        : leg;
  }

  private static PredictedLeg walk(NodeMap node, LegQuery query, boolean later) {
    Passage at = new Passage(node, query, later);
    return at.end(
        switch (query.entry()) {
          case LegQuery.FromPod from -> new PodExit(at, pod(node, from)).leave();
          case LegQuery.FromEni from -> fromEni(at, from.interfaceName());
          case LegQuery.FromNode _ -> HostPath.ofOwn(at).send();
        });
  }

  /** The nat tables see only the first packet, so that marks can part it from those behind it. */
  private static PredictedLeg withLater(NodeMap node, LegQuery query, PredictedLeg first) {
    if (first.tracked().isEmpty()) {
      return first;
    }
    PredictedLeg later =
        walk(
            node,
            new LegQuery(
                query.direction(), query.packet(), query.entry(), first.tracked(), query.length()),
            true);
    Optional<String> way = otherWay(first.fate(), later.fate());
    if (way.isEmpty()) {
      return first;
    }
    List<String> notes = new ArrayList<>(first.notes());
    notes.add("later packets of the connection go another way: " + way.get());
    return new PredictedLeg(
        first.node(),
        first.direction(),
        first.entering(),
        first.hops(),
        first.fate(),
        first.leaving(),
        first.tracked(),
        first.choices(),
        first.mtu(),
        notes);
  }

  private static Optional<String> otherWay(PredictedLeg.Fate first, PredictedLeg.Fate later) {
    if (first.equals(later) || first instanceof PredictedLeg.Dies) {
      return Optional.empty();
    }
    return switch (later) {
      case PredictedLeg.Dies dies ->
          Optional.of("they are lost (" + dies.verdict() + "), " + dies.cause());
      case PredictedLeg.Leaves leaves -> Optional.of("they leave by " + leaves.eniInterface());
      case PredictedLeg.Arrives arrives -> Optional.of("they come to " + arrives.at());
      case PredictedLeg.Unclear _ -> Optional.empty();
    };
  }

  private static PodInfo pod(NodeMap node, LegQuery.FromPod from) {
    return node.pod(from.pod())
        .orElseThrow(
            () -> new IllegalArgumentException("no pod " + from.pod() + " on " + node.name()));
  }

  private static PredictedLeg.Fate fromEni(Passage at, String name) {
    if (at.node.routes().link(name).isEmpty()) {
      throw new IllegalArgumentException("no interface " + name + " on " + at.node.name());
    }
    at.comeTo(at.node.point(name));
    return new HostPath(at, name).receive();
  }
}
