package io.podhop.agent.span;

import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.PacketKind;
import io.podhop.model.Role;
import io.podhop.model.Segment;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Questions that spans ask of a segment; times are epoch nanoseconds, 0 when there is none. */
record SegmentView(Segment segment) {
  private static final List<PacketKind> ANSWERS =
      List.of(PacketKind.SYN_ACK, PacketKind.DATAGRAM, PacketKind.ECHO_REPLY);

  Stream<Hop.Observed> observed() {
    return segment.hops().stream()
        .filter(Hop.Observed.class::isInstance)
        .map(Hop.Observed.class::cast);
  }

  /** What the nearest point to the client saw of one kind of packet. */
  Optional<Hop.Observed> atFirstPoint(PacketKind kind, Direction direction) {
    return segment.hops().stream()
        .findFirst()
        .flatMap(
            first ->
                observed()
                    .filter(hop -> hop.point().equals(first.point()))
                    .filter(hop -> hop.packet() == kind && hop.direction() == direction)
                    .findFirst());
  }

  Optional<Hop.Observed> atDestinationPod(Direction direction) {
    String pod = segment.destination().owner().label();
    return observed()
        .filter(hop -> hop.direction() == direction && hop.point().role() == Role.POD_ETH0)
        .filter(hop -> hop.point().owner().equals(pod))
        .findFirst();
  }

  long answerNs() {
    return ANSWERS.stream()
        .flatMap(kind -> atFirstPoint(kind, Direction.REPLY).stream())
        .mapToLong(Hop.Observed::timeNs)
        .findFirst()
        .orElse(0);
  }

  boolean refused() {
    return observed()
        .filter(hop -> hop.direction() == Direction.REPLY)
        .anyMatch(
            hop ->
                hop.packet() == PacketKind.ICMP_ERROR
                    || (hop.packet() == PacketKind.RST && answerNs() == 0));
  }

  long firstNs() {
    return times().min().orElse(0);
  }

  long lastNs() {
    return times().max().orElse(0);
  }

  /**
   * Until when the client waited as far as this node can tell: an unanswered wait ends with the
   * capture.
   */
  long endNs() {
    return answerNs() > 0 || refused()
        ? lastNs()
        : segment.coverage().stream()
            .mapToLong(covered -> covered.coverage().toNs())
            .reduce(lastNs(), Math::max);
  }

  private LongStream times() {
    return observed().mapToLong(Hop.Observed::timeNs);
  }
}
