package io.podhop.collector.stitch;

import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Role;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the nodes' own rules said would become of the packets, beside what became of them. */
final class Forecast {
  private final Findings findings;

  Forecast(Findings findings) {
    this.findings = findings;
  }

  /** What the rules of a node make of a direction; nothing when nobody asked them. */
  Stream<PredictedLeg> legs(String node, Direction direction) {
    return findings.context().predicted().stream()
        .filter(leg -> leg.node().equals(node) && leg.direction() == direction);
  }

  /** A predicted end of a packet in exactly the place where it vanished. */
  Optional<Cause> endingAt(Gap gap) {
    return legs(gap.node(), gap.direction())
        .map(PredictedLeg::fate)
        .flatMap(fate -> fate instanceof PredictedLeg.Dies dies ? Stream.of(dies) : Stream.empty())
        .filter(dies -> gap.isAt(dies.place()))
        .map(Forecast::cause)
        .findFirst();
  }

  /** Why a node refuses a packet, by its own rules; the predicted end of a request. */
  Optional<Cause> refusalBy(String node) {
    return legs(node, Direction.REQUEST)
        .map(PredictedLeg::fate)
        .flatMap(fate -> fate instanceof PredictedLeg.Dies dies ? Stream.of(dies) : Stream.empty())
        .filter(dies -> dies.verdict() == Verdict.Id.REFUSED)
        .map(Forecast::cause)
        .findFirst();
  }

  static Cause cause(PredictedLeg.Dies dies) {
    return new Cause(
        dies.verdict(),
        dies.cause(),
        dies.why().stream().map(Citation::toString).toList(),
        dies.advice(),
        Cause.Proof.BY_RULE);
  }

  /** Whether the rules of a node let a packet through, as far as they are known. */
  boolean passes(String node, Direction direction) {
    List<PredictedLeg> legs = legs(node, direction).toList();
    return !legs.isEmpty() && legs.stream().map(PredictedLeg::fate).allMatch(Forecast::goesOn);
  }

  private static boolean goesOn(PredictedLeg.Fate fate) {
    return switch (fate) {
      case PredictedLeg.Arrives _, PredictedLeg.Leaves _ -> true;
      case PredictedLeg.Dies _, PredictedLeg.Unclear _ -> false;
    };
  }

  /** Lines for what was seen and should not have been, by the rules. */
  List<String> contradictions() {
    return findings
        .exchange()
        .passages()
        .flatMap(
            passage ->
                findings.context().predicted().stream()
                    .filter(leg -> leg.direction() == passage.direction())
                    .flatMap(leg -> contradictions(passage, leg).stream()))
        .distinct()
        .toList();
  }

  private List<String> contradictions(Passage passage, PredictedLeg leg) {
    List<String> lines = new ArrayList<>();
    switch (leg.fate()) {
      case PredictedLeg.Dies dies -> survived(passage, dies).ifPresent(lines::add);
      case PredictedLeg.Leaves leaves ->
          sentFrom(passage, leg.node())
              .filter(_ -> isSender(leg))
              .ifPresent(
                  hop -> {
                    otherInterface(leaves, hop).ifPresent(lines::add);
                    otherTuple(leg, hop).ifPresent(lines::add);
                  });
      case PredictedLeg.Arrives _ -> {}
      case PredictedLeg.Unclear unclear ->
          lines.add("the rules of " + leg.node() + " do not tell: " + unclear.because());
    }
    return lines;
  }

  /** Whether packets of that direction begin on the leg's node: on the other one they end. */
  private boolean isSender(PredictedLeg leg) {
    Ends.End from =
        leg.direction() == Direction.REQUEST ? findings.ends().source() : findings.ends().target();
    return leg.node().equals(from.node());
  }

  /**
   * A node that has no way to the pod that it has received a packet for, and sends it out again.
   */
  Optional<Cause> sentOutAgain(Gap gap) {
    return gap.kind() != Gap.Kind.FORWARDING || !isEni(gap.last().point().role())
        ? Optional.empty()
        : legs(gap.node(), gap.direction())
            .filter(leg -> !isSender(leg))
            .flatMap(leg -> sentOutAgain(gap, leg).stream())
            .findFirst();
  }

  private static Optional<Cause> sentOutAgain(Gap gap, PredictedLeg leg) {
    return leg.fate() instanceof PredictedLeg.Leaves leaves
        ? Optional.of(
            new Cause(
                Verdict.Id.LOST_ON_NODE,
                "the host route of %s is missing on %s: it sends the packet out again by %s"
                    .formatted(leg.leaving().destination(), gap.node(), leaves.eniInterface()),
                leg.hops().stream()
                    .flatMap(hop -> hop.why().stream())
                    .map(Citation::toString)
                    .distinct()
                    .toList(),
                Advice.ROUTE,
                Cause.Proof.BY_RULE))
        : Optional.empty();
  }

  private static Optional<String> survived(Passage passage, PredictedLeg.Dies dies) {
    List<Hop.Observed> seen =
        passage.steps().stream().flatMap(step -> step.seen().stream()).toList();
    int last = -1;
    for (int i = 0; i < seen.size(); i++) {
      String label = seen.get(i).point().label();
      if (label.equals(dies.place().before())) {
        last = i - 1;
      } else if (label.equals(dies.place().after())) {
        last = i;
      }
    }
    boolean known =
        seen.stream()
            .map(hop -> hop.point().label())
            .anyMatch(l -> l.equals(dies.place().before()) || l.equals(dies.place().after()));
    return known && last + 1 < seen.size()
        ? Optional.of(
            "predicted to end after %s (%s), yet the %s was seen at %s"
                .formatted(
                    dies.place().after(),
                    dies.cause(),
                    passage.kind().label(),
                    seen.get(last + 1).point().label()))
        : Optional.empty();
  }

  /** The ENI of a node by which a packet left it. */
  private static Optional<Hop.Observed> sentFrom(Passage passage, String node) {
    return passage.steps().stream()
        .flatMap(step -> step.seen().stream())
        .filter(hop -> hop.point().node().equals(node) && isEni(hop.point().role()))
        .findFirst();
  }

  private static boolean isEni(Role role) {
    return switch (role) {
      case ENI, BRANCH_ENI -> true;
      case HOST_VETH, POD_ETH0, FILE -> false;
    };
  }

  private static Optional<String> otherInterface(PredictedLeg.Leaves leaves, Hop.Observed hop) {
    return leaves.eniInterface().equals(hop.point().interfaceName())
        ? Optional.empty()
        : Optional.of(
            "predicted to leave %s by %s, and it left by %s"
                .formatted(hop.point().node(), leaves.eniInterface(), hop.point().interfaceName()));
  }

  /**
   * A port that the client or SNAT chose is no contradiction, nor is another backend of a choice.
   */
  private static Optional<String> otherTuple(PredictedLeg leg, Hop.Observed hop) {
    boolean reply = leg.direction() == Direction.REPLY;
    FlowKey seen = reply ? hop.tuple().reversed() : hop.tuple();
    FlowKey predicted = reply ? leg.leaving().reversed() : leg.leaving();
    boolean chosen =
        leg.choices().stream()
            .anyMatch(
                c -> c.address().equals(seen.destination()) && c.port() == seen.destinationPort());
    boolean sameTarget =
        chosen
            || predicted.destination().equals(seen.destination())
                && (seen.protocol().isIcmp()
                    || predicted.destinationPort() == seen.destinationPort());
    return sameTarget && predicted.source().equals(seen.source())
        ? Optional.empty()
        : Optional.of(
            "predicted as %s at %s, and it was seen as %s"
                .formatted(leg.leaving(), hop.point().label(), hop.tuple()));
  }
}
