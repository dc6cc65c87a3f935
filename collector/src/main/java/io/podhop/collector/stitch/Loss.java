package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.IpAddress;
import io.podhop.model.PointCoverage;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import io.podhop.model.Verdict.Place;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A packet that was seen, and then was not: between which two points, and how sure that is. */
final class Loss {
  private final Findings findings;
  private final Passage passage;
  private final Passage.Step last;
  private final Hop.Observed seen;
  private final Optional<Passage.Step> silent;

  /** Where it was sent on to, when no capture looked for packets to there. */
  private final Optional<IpAddress> unsought;

  private Loss(Findings findings, Passage passage) {
    this.findings = findings;
    this.passage = passage;
    this.last = passage.lastSeen().orElseThrow();
    this.seen = last.seen().orElseThrow();
    this.unsought =
        Stale.unsought(findings)
            .filter(_ -> passage.direction() == Direction.REQUEST && last.stage().isNear());
    this.silent = unsought.isPresent() ? Optional.empty() : passage.firstSilent();
  }

  static Verdict judge(Findings findings, Passage passage) {
    Verdict lost = new Loss(findings, passage).verdict();
    return switch (lost.id()) {
      case WRONG_ENI ->
          new Forecast(findings)
              .endingAt(Gap.of(passage))
              .filter(cause -> cause.id() == Verdict.Id.WRONG_ENI)
              .map(cause -> cause.explain(lost))
              .orElse(lost);
      case NO_ANSWER ->
          passage.direction() == Direction.REQUEST
              ? NoAnswer.explain(findings, lost, passage)
              : lost;
      default ->
          Stale.of(findings)
              .or(() -> Causes.of(findings, Gap.of(passage)))
              .map(cause -> cause.explain(lost))
              .orElse(lost);
    };
  }

  private Verdict verdict() {
    Verdict.Id id = id();
    String unproven = id == Verdict.Id.WRONG_ENI ? "" : whyUnproven();
    return new Verdict(
        id,
        List.of(),
        new Place(last.label(), silent.map(Passage.Step::label).orElse("")),
        passage.direction(),
        cause(id),
        Evidence.of(findings, passage),
        unproven.isEmpty() ? Grade.PROVEN : Grade.UNPROVEN,
        unproven.isEmpty()
            ? id == Verdict.Id.WRONG_ENI
                ? "it was seen leaving by " + last.label()
                : "capture at " + silent.map(Passage.Step::label).orElse("") + " was complete"
            : unproven,
        "");
  }

  private Verdict.Id id() {
    if (unsought.isPresent()) {
      return new Forecast(findings).passes(seen.point().node(), Direction.REQUEST)
          ? Verdict.Id.LOST_IN_VPC
          : Verdict.Id.LOST_ON_NODE;
    }
    boolean request = passage.direction() == Direction.REQUEST;
    return switch (last.stage()) {
      case SOURCE_POD -> outOfPod();
      case SOURCE_VETH -> Verdict.Id.LOST_ON_NODE;
      case SOURCE_ENI -> request ? beyondEni() : Verdict.Id.LOST_ON_NODE;
      case DESTINATION_ENI -> request ? Verdict.Id.LOST_ON_NODE : beyondEni();
      case DESTINATION_VETH ->
          request && silent.isEmpty() ? Verdict.Id.NO_ANSWER : Verdict.Id.LOST_ON_NODE;
      case DESTINATION_POD -> request ? Verdict.Id.NO_ANSWER : outOfPod();
    };
  }

  /** Where only the node's ENIs are watched beyond the pod, its veth pair is part of the node. */
  private Verdict.Id outOfPod() {
    boolean vethWatched = passage.beyond().getFirst().isWatched();
    return vethWatched || silent.isEmpty() ? Verdict.Id.LOST_IN_POD : Verdict.Id.LOST_ON_NODE;
  }

  private Verdict.Id beyondEni() {
    String owning = owningEni();
    boolean wrong = !owning.isEmpty() && !owning.equals(seen.point().interfaceName());
    return wrong ? Verdict.Id.WRONG_ENI : Verdict.Id.LOST_IN_VPC;
  }

  /** By the node's word after the fact, else by its rules before it; empty when nobody knows. */
  private String owningEni() {
    String known = findings.ends().eniAt(last.stage());
    return known.isEmpty()
        ? new Forecast(findings)
            .legs(seen.point().node(), passage.direction())
            .map(PredictedLeg::fate)
            .flatMap(f -> f instanceof PredictedLeg.Leaves l ? Stream.of(l) : Stream.empty())
            .map(PredictedLeg.Leaves::owningEni)
            .findFirst()
            .orElse("")
        : known;
  }

  /** Empty when the silence is proven. */
  private String whyUnproven() {
    if (unsought.isPresent()) {
      return "no capture looked for packets to " + unsought.get();
    }
    if (silent.isEmpty()) {
      return nobodyWatches();
    }
    Passage.Step next =
        passage.beyond().stream()
            .filter(step -> step.isWatched() || !isVeth(step.stage()))
            .findFirst()
            .orElseThrow();
    if (!next.equals(silent.get())) {
      return "nobody watched between " + last.label() + " and " + silent.get().label();
    }
    return provers(next).stream()
        .filter(point -> !findings.provesAbsence(point, seen))
        .map(point -> point.point().label())
        .reduce((a, b) -> a + ", " + b)
        .map(points -> "capture was not complete at " + points)
        .orElse("");
  }

  /** An unwatched host veth lies within its node: the next watched point proves as much. */
  private static boolean isVeth(Stage stage) {
    return switch (stage) {
      case SOURCE_VETH, DESTINATION_VETH -> true;
      case SOURCE_POD, SOURCE_ENI, DESTINATION_ENI, DESTINATION_POD -> false;
    };
  }

  private String beyond() {
    return passage.direction() == Direction.REQUEST ? target() : findings.ends().source().node();
  }

  private String nobodyWatches() {
    String next = beyond();
    return findings.context().missingNodes().contains(next)
        ? "nothing came from an agent on " + next
        : "nobody watches beyond " + last.label();
  }

  private String target() {
    return last.stage() == Stage.SOURCE_POD || last.stage() == Stage.SOURCE_VETH
        ? findings.ends().source().node()
        : findings.ends().target().node();
  }

  /** A packet may leave a node by any of its ENIs, but arrives at the one that has the address. */
  private List<PointCoverage> provers(Passage.Step next) {
    boolean leaving = next.stage().isNear() == (passage.direction() == Direction.REQUEST);
    return leaving ? next.watched() : next.expected();
  }

  private String cause(Verdict.Id id) {
    String packet = passage.kind().label();
    if (unsought.isPresent()) {
      return "the %s was sent on to %s, an endpoint that was not known when the captures began, and nothing came back"
          .formatted(packet, unsought.get());
    }
    String node = seen.point().node();
    String next = silent.map(Passage.Step::label).orElse("anybody who watches");
    return switch (id) {
      case LOST_IN_POD ->
          "the %s was sent at %s and never came to the host's end of the veth pair"
              .formatted(packet, last.label());
      case LOST_ON_NODE ->
          "%s had the %s at %s and never brought it to %s: a firewall rule, a missing route or rule, or reverse-path filtering on the node"
              .formatted(node, packet, last.label(), next);
      case LOST_IN_VPC -> lostInVpc(packet, next);
      case WRONG_ENI ->
          "the %s left by %s, but %s belongs to %s: EC2's source/destination check drops it"
              .formatted(packet, last.label(), address(), owningEni());
      case NO_ANSWER -> "the %s reached %s and nothing came back".formatted(packet, last.label());
      case DELIVERED,
          REFUSED,
          DNS_FAILED,
          NOT_OBSERVED,
          ROUTING_LOOP,
          RP_FILTER,
          FIREWALL_DROP,
          SNAT_EXHAUSTED,
          CONNTRACK_FULL,
          RECYCLED_ADDRESS,
          MTU_BLACKHOLE,
          NO_ADDRESS ->
          throw new IllegalStateException("not a loss: " + id);
    };
  }

  private String lostInVpc(String packet, String next) {
    if (findings.path().endsAtTarget() && silent.isEmpty()) {
      return "the %s left by %s and nothing came back: lost in the VPC or on %s, where nobody watches"
          .formatted(packet, last.label(), beyond());
    }
    if (findings.path().endsAtTarget()) {
      return "the %s left by %s and never came to %s: %s"
          .formatted(packet, last.label(), next, candidates());
    }
    return "the %s left by %s and nothing came back: lost in the VPC or beyond it, where nobody watches"
        .formatted(packet, last.label());
  }

  /** What of the VPC drops a packet, the likeliest first: security groups let replies through. */
  private String candidates() {
    return passage.direction() == Direction.REQUEST
        ? "(1) a security group of either ENI, (2) a network ACL of either subnet, (3) the source/destination check or a route table"
        : "(1) a network ACL of either subnet, for it let the request through and is not stateful, (2) the source/destination check or a route table, (3) a security group that was changed meanwhile";
  }

  private IpAddress address() {
    return passage.direction() == Direction.REQUEST
        ? findings.wire().source()
        : findings.wire().destination();
  }
}
