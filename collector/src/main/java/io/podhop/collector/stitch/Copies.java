package io.podhop.collector.stitch;

import io.podhop.model.Hop;
import java.util.ArrayList;
import java.util.List;

/** Counting the copies of one packet from point to point shows where some of them vanished. */
final class Copies {
  private Copies() {}

  /** One line for each pair of neighbouring sightings of which the later counted less. */
  static List<String> losses(Passage passage) {
    List<Hop.Observed> seen =
        passage.steps().stream().flatMap(step -> step.seen().stream()).toList();
    List<String> losses = new ArrayList<>();
    for (int i = 1; i < seen.size(); i++) {
      Hop.Observed from = seen.get(i - 1);
      Hop.Observed to = seen.get(i);
      if (to.copies() < from.copies()) {
        losses.add(
            "%d of %d %ss lost between %s and %s"
                .formatted(
                    from.copies() - to.copies(),
                    from.copies(),
                    passage.kind().label(),
                    from.point().label(),
                    to.point().label()));
      }
    }
    return losses;
  }
}
