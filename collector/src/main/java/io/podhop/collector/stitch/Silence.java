package io.podhop.collector.stitch;

import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.PointCoverage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Says explicitly where a packet was expected and not captured: a hop is never merely missing. */
final class Silence {
  private Silence() {}

  /**
   * Hops for the watched stages that did not see the packet. A request is expected from its source
   * on, a reply from where it was first seen: nobody knows better who made it.
   */
  static List<Hop> along(Passage passage, Map<HopMerge.Key, List<Citation>> reasons) {
    List<Hop> hops = new ArrayList<>();
    List<Passage.Step> steps = passage.steps();
    int first =
        passage.direction() == Direction.REQUEST
            ? 0
            : passage.firstSeen().map(steps::indexOf).orElse(steps.size());
    int last = steps.size() - passage.beyond().size() - 1;
    for (int i = first; i < steps.size(); i++) {
      if (steps.get(i).seen().isEmpty()) {
        for (PointCoverage point : steps.get(i).expected()) {
          hops.add(hop(passage, point, i < last, reasons));
        }
      }
    }
    return hops;
  }

  private static Hop hop(
      Passage passage,
      PointCoverage at,
      boolean seenLater,
      Map<HopMerge.Key, List<Citation>> reasons) {
    List<Citation> why =
        reasons.getOrDefault(
            HopMerge.Key.of(at.point(), passage.direction(), passage.kind()), List.of());
    return seenLater
        ? new Hop.Inferred(at.point(), passage.direction(), passage.kind(), why)
        : new Hop.NotSeen(at.point(), passage.direction(), passage.kind(), at.coverage(), why);
  }
}
