package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.PacketKind;
import io.podhop.model.PointCoverage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** One kind of packet on its way in one direction: at each stage seen or not. */
record Passage(Direction direction, PacketKind kind, List<Step> steps) {
  /**
   * One stage of the way.
   *
   * @param expected watched points the packet should pass
   * @param watched every watched point it could have passed
   */
  record Step(
      Stage stage,
      Optional<Hop.Observed> seen,
      List<PointCoverage> expected,
      List<PointCoverage> watched) {
    String label() {
      return seen.map(Hop.Observed::point)
          .or(() -> expected.stream().map(PointCoverage::point).findFirst())
          .map(io.podhop.model.ObservationPoint::label)
          .orElse("");
    }

    boolean isWatched() {
      return !watched.isEmpty();
    }
  }

  static Passage of(Path path, List<Hop.Observed> hops, Direction direction, PacketKind kind) {
    List<Step> steps = new ArrayList<>();
    for (Stage stage : path.stages(direction)) {
      Optional<Hop.Observed> seen =
          hops.stream()
              .filter(h -> h.direction() == direction && h.packet() == kind)
              .filter(h -> path.ends().stageOf(h.point()) == stage)
              .min(Comparator.comparingLong(Hop.Observed::timeNs));
      steps.add(new Step(stage, seen, path.expectedAt(stage), path.watchedAt(stage)));
    }
    return new Passage(direction, kind, List.copyOf(steps));
  }

  Optional<Step> firstSeen() {
    return steps.stream().filter(s -> s.seen().isPresent()).findFirst();
  }

  Optional<Step> lastSeen() {
    return steps.reversed().stream().filter(s -> s.seen().isPresent()).findFirst();
  }

  boolean wasSeen() {
    return firstSeen().isPresent();
  }

  Optional<Step> at(Stage stage) {
    return steps.stream().filter(s -> s.stage() == stage).findFirst();
  }

  boolean seenAt(Stage stage) {
    return at(stage).flatMap(Step::seen).isPresent();
  }

  /** The stages after the last one that saw the packet; all of them when none did. */
  List<Step> beyond() {
    int last = lastSeen().map(steps::indexOf).orElse(-1);
    return steps.subList(last + 1, steps.size());
  }

  /** The first stage after the last sighting that somebody watched. */
  Optional<Step> firstSilent() {
    return beyond().stream().filter(Step::isWatched).findFirst();
  }

  /** Whether it was seen at the end of its way, or nothing of the way is left that was watched. */
  boolean arrived() {
    return wasSeen() && beyond().isEmpty();
  }
}
