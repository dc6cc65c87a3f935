package io.podhop.collector.explain;

import io.podhop.model.Citation;
import io.podhop.model.PredictedLeg;
import java.util.List;

/**
 * The way of one packet over all nodes.
 *
 * @param legs in its order; never empty
 */
record Way(List<PredictedLeg> legs, End end) {
  Way {
    legs = List.copyOf(legs);
  }

  PredictedLeg last() {
    return legs.getLast();
  }

  /** How it ends. */
  sealed interface End {}

  /** Delivered by the node of the last leg, to {@code namespace/name} of a pod or to a node. */
  record Arrived(String at) implements End {}

  /** Out to an address outside the VPC. */
  record Left() implements End {}

  record Died(PredictedLeg.Dies how) implements End {}

  record Unclear(String because, List<Citation> why) implements End {}

  /** The label of the last point that the packet comes to; empty when there is none. */
  String lastPoint() {
    return lastPoint(legs);
  }

  static String lastPoint(List<PredictedLeg> legs) {
    return legs.reversed().stream()
        .filter(leg -> !leg.hops().isEmpty())
        .map(leg -> leg.hops().getLast().point().label())
        .findFirst()
        .orElse("");
  }
}
