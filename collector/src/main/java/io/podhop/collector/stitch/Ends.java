package io.podhop.collector.stitch;

import io.podhop.model.Endpoint;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.Segment;
import java.util.List;
import java.util.Optional;

/**
 * Who the two ends turned out to be.
 *
 * @param source where the request comes from
 * @param target where the request really goes, after DNAT; {@link End#NOBODY} when nobody watches
 *     there
 */
record Ends(End source, End target) {
  /**
   * One end as names: empty when unknown.
   *
   * @param pod {@code namespace/name}; empty when the end is the node itself
   * @param eni the interface its address belongs to
   */
  record End(String node, String pod, String eni) {
    static final End NOBODY = new End("", "", "");

    static End of(Owner owner) {
      return switch (owner) {
        case Owner.Pod pod -> new End(pod.node(), pod.ref().toString(), pod.eniInterface());
        case Owner.Node node -> new End(node.name(), "", node.eniInterface());
        case Owner.Service _, Owner.External _, Owner.Unknown _ -> NOBODY;
      };
    }

    boolean isKnown() {
      return !node.isEmpty();
    }

    boolean hasPod() {
      return !pod.isEmpty();
    }

    String label() {
      return hasPod() ? pod : node;
    }
  }

  static Ends of(TraceContext context, List<Segment> segments) {
    End source = End.of(context.source().owner());
    End target = target(context, segments).map(e -> End.of(e.owner())).orElse(End.NOBODY);
    String unconfirmed = leavesUnderOwnAddress(context, segments) ? source.eni() : "";
    return new Ends(
        new End(source.node(), source.pod(), owningEni(segments, source.node(), unconfirmed)),
        new End(target.node(), target.pod(), owningEni(segments, target.node(), target.eni())));
  }

  /** By the word of the node's own segment, which looked after the fact. */
  private static String owningEni(List<Segment> segments, String node, String otherwise) {
    return segments.stream()
        .filter(segment -> segment.node().equals(node) && !segment.owningEni().isEmpty())
        .map(Segment::owningEni)
        .findFirst()
        .orElse(otherwise);
  }

  private static boolean leavesUnderOwnAddress(TraceContext context, List<Segment> segments) {
    return segments.stream().allMatch(s -> s.wire().source().equals(context.source().address()));
  }

  /** The end that the packets were really sent to, where it is one that can be watched. */
  static Optional<Endpoint> target(TraceContext context, List<Segment> segments) {
    List<IpAddress> sentTo = segments.stream().map(s -> s.wire().destination()).toList();
    Optional<Endpoint> asked =
        context.targets().stream().filter(t -> sentTo.contains(t.address())).findFirst();
    Optional<Endpoint> seen =
        segments.stream()
            .filter(s -> s.side() == Segment.Side.DESTINATION || s.side() == Segment.Side.BOTH)
            .map(Segment::destination)
            .filter(e -> End.of(e.owner()).isKnown())
            .findFirst();
    return asked
        .or(() -> seen)
        .or(
            () ->
                context.targets().size() == 1
                    ? Optional.of(context.targets().getFirst())
                    : Optional.empty());
  }

  boolean onOneNode() {
    return source.isKnown() && source.node().equals(target.node());
  }

  /** Where a point stands; a point of neither end counts as the far side. */
  Stage stageOf(ObservationPoint point) {
    boolean onSourceNode = point.node().equals(source.node());
    return switch (point.role()) {
      case ENI, BRANCH_ENI, FILE -> onSourceNode ? Stage.SOURCE_ENI : Stage.DESTINATION_ENI;
      case HOST_VETH -> isSourcePod(point) ? Stage.SOURCE_VETH : Stage.DESTINATION_VETH;
      case POD_ETH0 -> isSourcePod(point) ? Stage.SOURCE_POD : Stage.DESTINATION_POD;
    };
  }

  private boolean isSourcePod(ObservationPoint point) {
    return source.hasPod()
        && point.node().equals(source.node())
        && point.owner().equals(source.pod());
  }

  /** The interface that should carry the connection at an ENI stage; empty when unknown. */
  String eniAt(Stage stage) {
    return stage == Stage.SOURCE_ENI ? source.eni() : target.eni();
  }

  /** Whether the point belongs to one of the two ends, not to another pod of their nodes. */
  boolean concerns(ObservationPoint point) {
    boolean eni =
        switch (point.role()) {
          case ENI, BRANCH_ENI -> true;
          case HOST_VETH, POD_ETH0, FILE -> false;
        };
    boolean sourceNode = point.node().equals(source.node());
    boolean targetNode = point.node().equals(target.node());
    return eni
        ? sourceNode || targetNode
        : isSourcePod(point) || targetNode && target.hasPod() && point.owner().equals(target.pod());
  }
}
