package io.podhop.collector.stitch;

import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.Segment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Hops of several segments as one list: delivery is at least once, and a later segment of a node
 * may repeat what an earlier one said.
 */
final class HopMerge {
  private HopMerge() {}

  /** One packet at one point, whoever said it. */
  record Key(String point, Direction direction, PacketKind packet) {
    static Key of(Hop hop) {
      return of(hop.point(), hop.direction(), hop.packet());
    }

    static Key of(ObservationPoint point, Direction direction, PacketKind packet) {
      return new Key(point.identity(), direction, packet);
    }
  }

  /** Every observation once: the earliest time, the highest count of copies. */
  static List<Hop.Observed> observed(List<Segment> segments) {
    Map<Key, Hop.Observed> merged = new LinkedHashMap<>();
    for (Segment segment : segments) {
      for (Hop hop : segment.hops()) {
        if (hop instanceof Hop.Observed seen) {
          merged.merge(Key.of(seen), seen, HopMerge::join);
        }
      }
    }
    return List.copyOf(merged.values());
  }

  private static Hop.Observed join(Hop.Observed a, Hop.Observed b) {
    Hop.Observed first = b.timeNs() < a.timeNs() ? b : a;
    return new Hop.Observed(
        first.point(),
        first.direction(),
        first.packet(),
        first.tuple(),
        first.timeNs(),
        Math.max(a.copies(), b.copies()),
        a.why().size() >= b.why().size() ? a.why() : b.why());
  }

  /** Why agents expect packets at points, also at points that stayed silent. */
  static Map<Key, List<Citation>> reasons(List<Segment> segments) {
    Map<Key, List<Citation>> reasons = new HashMap<>();
    for (Segment segment : segments) {
      for (Hop hop : segment.hops()) {
        if (!hop.why().isEmpty()) {
          reasons.putIfAbsent(Key.of(hop), hop.why());
        }
      }
    }
    return reasons;
  }
}
