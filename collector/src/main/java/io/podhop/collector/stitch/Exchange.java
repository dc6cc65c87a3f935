package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.PacketKind;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A request and what came back: the packets that decide a verdict.
 *
 * @param reply the answer to the request, where any point saw one
 * @param refusal an RST or ICMP error towards the client, where any point saw one
 * @param clientWentOn the client sent what only an answered client sends
 */
record Exchange(
    Passage request, Optional<Passage> reply, Optional<Passage> refusal, boolean clientWentOn) {
  private static final Set<PacketKind> REFUSALS = EnumSet.of(PacketKind.RST, PacketKind.ICMP_ERROR);

  static Exchange of(Path path, List<Hop.Observed> hops, PacketKind byDefault) {
    PacketKind opener = earliest(hops, Direction.REQUEST).orElse(byDefault);
    Optional<PacketKind> answer =
        switch (opener) {
          case SYN -> Optional.of(PacketKind.SYN_ACK);
          case DATAGRAM -> Optional.of(PacketKind.DATAGRAM);
          case ECHO_REQUEST -> Optional.of(PacketKind.ECHO_REPLY);
          case SYN_ACK, ACK, DATA, FIN, RST, ECHO_REPLY, ICMP_ERROR ->
              earliest(hops, Direction.REPLY);
        };
    return new Exchange(
        Passage.of(path, hops, Direction.REQUEST, opener),
        answer.flatMap(kind -> replyOf(path, hops, kind)),
        REFUSALS.stream().flatMap(kind -> replyOf(path, hops, kind).stream()).findFirst(),
        opener == PacketKind.SYN && hops.stream().anyMatch(Exchange::onlyWhenAnswered));
  }

  private static Optional<PacketKind> earliest(List<Hop.Observed> hops, Direction direction) {
    return hops.stream()
        .filter(h -> h.direction() == direction && !REFUSALS.contains(h.packet()))
        .map(Hop.Observed::packet)
        .min(Comparator.naturalOrder());
  }

  private static Optional<Passage> replyOf(Path path, List<Hop.Observed> hops, PacketKind kind) {
    return Optional.of(Passage.of(path, hops, Direction.REPLY, kind)).filter(Passage::wasSeen);
  }

  private static boolean onlyWhenAnswered(Hop.Observed hop) {
    return hop.direction() == Direction.REQUEST
        && (hop.packet() == PacketKind.ACK || hop.packet() == PacketKind.DATA);
  }

  /** The answer, or else the refusal: what went back, whoever made it. */
  Optional<Passage> back() {
    return reply.or(() -> refusal);
  }

  Stream<Passage> passages() {
    return Stream.concat(Stream.of(request), back().stream());
  }

  boolean answerReachedSource() {
    return clientWentOn || reply.filter(Exchange::reachedSource).isPresent();
  }

  boolean refusalReachedSource() {
    return refusal.filter(Exchange::reachedSource).isPresent();
  }

  private static boolean reachedSource(Passage back) {
    return back.firstSilent().isEmpty();
  }

  /** From the first request to its answer at the first point that saw it; 0 when not answered. */
  long handshakeNs() {
    Optional<Passage.Step> asked = request.firstSeen();
    return asked
        .flatMap(step -> reply.flatMap(r -> r.at(step.stage())).flatMap(Passage.Step::seen))
        .map(answer -> answer.timeNs() - asked.flatMap(Passage.Step::seen).orElseThrow().timeNs())
        .map(elapsed -> Math.max(0, elapsed))
        .orElse(0L);
  }

  int retransmits() {
    return request.firstSeen().flatMap(Passage.Step::seen).map(h -> h.copies() - 1).orElse(0);
  }
}
