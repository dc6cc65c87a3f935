package io.podhop.collector.export;

import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One packet between two nodes, or from a node to where nobody watches.
 *
 * @param to absent when nobody watches there
 */
record CrossingBetweenNodes(Hop.Observed from, Optional<Hop> to) {
  /** Kinds whose way is drawn; the rest of a connection would only repeat it. */
  private static final Set<PacketKind> DRAWN =
      EnumSet.complementOf(EnumSet.of(PacketKind.ACK, PacketKind.DATA, PacketKind.FIN));

  static List<CrossingBetweenNodes> of(Trace trace) {
    List<CrossingBetweenNodes> crossings = new ArrayList<>();
    List<Hop> hops = trace.hops();
    for (int i = 1; i < hops.size(); i++) {
      Hop from = hops.get(i - 1);
      Hop to = hops.get(i);
      boolean leaves = isSamePacket(from, to) && !from.point().node().equals(to.point().node());
      if (leaves && DRAWN.contains(to.packet()) && from instanceof Hop.Observed seen) {
        crossings.add(new CrossingBetweenNodes(seen, Optional.of(to)));
      }
    }
    if (crossings.stream().noneMatch(CrossingBetweenNodes::isLost)) {
      intoTheDark(trace).ifPresent(crossings::add);
    }
    return crossings;
  }

  /** A packet that the VPC lost where nobody watches the other side. */
  private static Optional<CrossingBetweenNodes> intoTheDark(Trace trace) {
    Verdict verdict = trace.verdict();
    boolean inVpc = verdict.id() == Verdict.Id.LOST_IN_VPC || verdict.id() == Verdict.Id.WRONG_ENI;
    return trace.hops().stream()
        .filter(hop -> inVpc && hop.direction() == verdict.direction())
        .filter(hop -> DRAWN.contains(hop.packet()))
        .filter(hop -> hop.point().label().equals(verdict.place().after()))
        .filter(Hop.Observed.class::isInstance)
        .map(hop -> new CrossingBetweenNodes((Hop.Observed) hop, Optional.empty()))
        .findFirst();
  }

  private static boolean isSamePacket(Hop a, Hop b) {
    return a.packet() == b.packet() && a.direction() == b.direction();
  }

  boolean isLost() {
    return to.isEmpty() || to.get() instanceof Hop.NotSeen;
  }

  Direction direction() {
    return from.direction();
  }

  /** For example {@code SYN VPC: node-a eth1 → node-b eth0}. */
  String name() {
    String arrival = to.map(Hop::point).map(ObservationPoint::label).orElse("beyond");
    return from.packet().label() + " VPC: " + from.point().label() + " → " + arrival;
  }

  /**
   * When it arrived. A lost packet's crossing lasts as long as the far side was watched in vain:
   * the window's length holds on either clock, its instants do not.
   */
  long endNs() {
    return switch (to.orElse(from)) {
      case Hop.Observed seen -> Math.max(from.timeNs(), seen.timeNs());
      case Hop.NotSeen silent -> {
        long watchedNs = silent.coverage().toNs() - silent.coverage().fromNs();
        yield from.timeNs() + Math.max(0, watchedNs);
      }
      case Hop.Inferred _ -> from.timeNs();
    };
  }

  /** What the span id is derived from beside the place. */
  String kind() {
    return "vpc|" + from.packet() + "|" + from.direction();
  }
}
