package io.podhop.collector.stitch;

import io.podhop.model.Hop;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How long packets took from one point to the next: where an answered connection lost its time. */
final class Crossing {
  /** Ten times what two zones of a region are apart: no healthy crossing takes as long. */
  static final long SLOW_NS = 20_000_000L;

  private Crossing() {}

  /** One line for each place in which a packet and its answer took too long. */
  static List<String> slow(Findings findings) {
    List<String> lines = new ArrayList<>();
    findings.exchange().passages().forEach(passage -> lines.addAll(onNodes(passage)));
    findings.exchange().reply().flatMap(r -> vpc(findings, r)).ifPresent(lines::add);
    return lines;
  }

  private static List<String> onNodes(Passage passage) {
    List<Hop.Observed> seen =
        passage.steps().stream().flatMap(step -> step.seen().stream()).toList();
    List<String> lines = new ArrayList<>();
    for (int i = 1; i < seen.size(); i++) {
      Hop.Observed from = seen.get(i - 1);
      Hop.Observed to = seen.get(i);
      long tookNs = to.timeNs() - from.timeNs();
      boolean sameClock = from.point().node().equals(to.point().node());
      if (sameClock && from.copies() == to.copies() && tookNs >= SLOW_NS) {
        lines.add(line(passage.kind().label(), tookNs, from, to));
      }
    }
    return lines;
  }

  /** There and back between two nodes: how far their clocks are apart falls out of the sum. */
  private static Optional<String> vpc(Findings findings, Passage reply) {
    Passage request = findings.exchange().request();
    Optional<Hop.Observed> left = seen(request, Stage.SOURCE_ENI);
    Optional<Hop.Observed> came = seen(request, Stage.DESTINATION_ENI);
    Optional<Hop.Observed> answered = seen(reply, Stage.DESTINATION_ENI);
    Optional<Hop.Observed> back = seen(reply, Stage.SOURCE_ENI);
    if (left.isEmpty() || came.isEmpty() || answered.isEmpty() || back.isEmpty()) {
      return Optional.empty();
    }
    boolean nothingLost =
        left.get().copies() == came.get().copies()
            && answered.get().copies() == back.get().copies();
    long tookNs =
        came.get().timeNs() - left.get().timeNs() + back.get().timeNs() - answered.get().timeNs();
    return nothingLost && tookNs >= 2 * SLOW_NS
        ? Optional.of(
            line(
                request.kind().label() + " and its answer together",
                tookNs,
                left.get(),
                came.get()))
        : Optional.empty();
  }

  private static Optional<Hop.Observed> seen(Passage passage, Stage stage) {
    return passage.at(stage).flatMap(Passage.Step::seen);
  }

  private static String line(String packet, long tookNs, Hop.Observed from, Hop.Observed to) {
    return String.format(
        Locale.ROOT,
        "slow: the %s took %.1f ms between %s and %s",
        packet,
        tookNs / 1e6,
        from.point().label(),
        to.point().label());
  }
}
