package io.podhop.cli.render;

import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a connection that came through took another way than the nodes' rules say. What became of
 * one that did not is told by its verdict.
 */
final class SurpriseText {
  private final Trace trace;
  private final Style style;

  SurpriseText(Trace trace, Style style) {
    this.trace = trace;
    this.style = style;
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (trace.verdict().id() == Verdict.Id.DELIVERED) {
      for (PredictedLeg leg : trace.predicted()) {
        surprise(leg)
            .map(text -> TextFit.hanging("not as predicted  ", style.text(text), style.width()))
            .ifPresent(lines::addAll);
      }
    }
    return lines;
  }

  private Optional<String> surprise(PredictedLeg leg) {
    return switch (leg.fate()) {
      case PredictedLeg.Arrives _, PredictedLeg.Unclear _ -> Optional.empty();
      case PredictedLeg.Dies dies ->
          Optional.of(
              "the %s should end on %s (%s), and came through: %s"
                  .formatted(Words.of(leg.direction()), leg.node(), dies.verdict(), dies.cause()));
      case PredictedLeg.Leaves leaves -> left(leg).flatMap(hop -> surprise(leg, leaves, hop));
    };
  }

  /** The ENI by which the first packet of a direction left a node. */
  private Optional<Hop.Observed> left(PredictedLeg leg) {
    List<Hop.Observed> seen =
        trace.hops().stream()
            .filter(hop -> hop.direction() == leg.direction())
            .filter(hop -> hop.point().node().equals(leg.node()) && isEni(hop))
            .filter(Hop.Observed.class::isInstance)
            .map(Hop.Observed.class::cast)
            .toList();
    return seen.stream()
        .filter(hop -> hop.packet() == seen.getFirst().packet())
        .reduce((_, last) -> last);
  }

  private static boolean isEni(Hop hop) {
    return switch (hop.point().role()) {
      case ENI, BRANCH_ENI -> true;
      case POD_ETH0, HOST_VETH, FILE -> false;
    };
  }

  private static Optional<String> surprise(
      PredictedLeg leg, PredictedLeg.Leaves leaves, Hop.Observed hop) {
    if (!hop.point().interfaceName().equals(leaves.eniInterface())) {
      return Optional.of(
          "the %s should leave %s by %s, and left by %s"
              .formatted(
                  hop.packet().label(),
                  leg.node(),
                  leaves.eniInterface(),
                  hop.point().interfaceName()));
    }
    return sameAddresses(leg, hop.tuple())
        ? Optional.empty()
        : Optional.of(
            "the %s should leave %s as %s, and left as %s"
                .formatted(hop.packet().label(), leg.node(), leg.leaving(), hop.tuple()));
  }

  /** Ports are the client's to choose and SNAT's, and the backend is dealt at random. */
  private static boolean sameAddresses(PredictedLeg leg, FlowKey seen) {
    return leg.leaving().source().equals(seen.source())
        && (leg.leaving().destination().equals(seen.destination())
            || leg.choices().stream().anyMatch(c -> c.address().equals(seen.destination())));
  }
}
