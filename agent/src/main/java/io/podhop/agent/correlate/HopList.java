package io.podhop.agent.correlate;

import io.podhop.agent.flow.KindSeen;
import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Lays what was seen along the path a packet should take: a hop for every point, observed or not,
 * for the packets that open and answer a connection; only what was observed for the rest.
 *
 * @param path points in request order
 * @param why what cites the rules that lead a packet to a point
 */
record HopList(
    Conversation conversation,
    Armed armed,
    List<ObservationPoint> path,
    BiFunction<ObservationPoint, Direction, List<Citation>> why) {
  private static final List<PacketKind> OPENING =
      List.of(PacketKind.SYN, PacketKind.ECHO_REQUEST, PacketKind.DATAGRAM);
  private static final List<PacketKind> ANSWERING =
      List.of(PacketKind.SYN_ACK, PacketKind.ECHO_REPLY, PacketKind.DATAGRAM);
  private static final List<PacketKind> LATER =
      List.of(PacketKind.ACK, PacketKind.DATA, PacketKind.FIN, PacketKind.RST);

  List<Hop> hops() {
    List<Hop> hops = new ArrayList<>();
    OPENING.forEach(kind -> expect(kind, Direction.REQUEST, hops));
    ANSWERING.forEach(kind -> expect(kind, Direction.REPLY, hops));
    for (PacketKind kind : LATER) {
      observe(kind, Direction.REQUEST, hops);
      observe(kind, Direction.REPLY, hops);
    }
    observe(PacketKind.ICMP_ERROR, Direction.REQUEST, hops);
    observe(PacketKind.ICMP_ERROR, Direction.REPLY, hops);
    return hops;
  }

  private void expect(PacketKind kind, Direction direction, List<Hop> hops) {
    if (path.stream().noneMatch(point -> seen(point, kind, direction).isPresent())) {
      return;
    }
    for (ObservationPoint point : ordered(direction)) {
      List<Citation> reasons = why.apply(point, direction);
      Optional<KindSeen> seen = seen(point, kind, direction);
      hops.add(
          seen.isPresent()
              ? observed(point, seen.get(), reasons)
              : new Hop.NotSeen(point, direction, kind, armed.coverage(point), reasons));
    }
  }

  private void observe(PacketKind kind, Direction direction, List<Hop> hops) {
    for (ObservationPoint point : ordered(direction)) {
      seen(point, kind, direction).ifPresent(seen -> hops.add(observed(point, seen, List.of())));
    }
  }

  private static Hop observed(ObservationPoint point, KindSeen seen, List<Citation> reasons) {
    return new Hop.Observed(
        point, seen.direction(), seen.kind(), seen.tuple(), seen.firstNs(), seen.copies(), reasons);
  }

  private List<ObservationPoint> ordered(Direction direction) {
    return direction == Direction.REQUEST ? path : path.reversed();
  }

  private Optional<KindSeen> seen(ObservationPoint point, PacketKind kind, Direction direction) {
    return conversation.records().stream()
        .filter(record -> armed.point(record.pointIndex()).equals(point))
        .flatMap(record -> record.seen(direction, kind).stream())
        .findFirst();
  }
}
