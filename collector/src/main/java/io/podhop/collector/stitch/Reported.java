package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.Segment;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What nodes that watched a connection to its end say of it beyond its hops: hops show whether it
 * was answered, and only flow counters show that the answer was an error, or how the connection
 * went on. Where it was not answered, hops say more, if anybody watched beyond the pod.
 */
final class Reported {
  private Reported() {}

  static Verdict join(Verdict byHops, List<Segment> segments) {
    List<Flow.Outcome> outcomes =
        segments.stream().map(Segment::outcome).flatMap(Optional::stream).toList();
    if (byHops.id() != Verdict.Id.DELIVERED) {
      Optional<Verdict> better = betterThanHops(byHops, outcomes);
      if (better.isPresent()) {
        return better.get();
      }
    }
    if (byHops.id() == Verdict.Id.LOST_IN_POD && byHops.place().before().isEmpty()) {
      return outcomes.stream()
          .filter(outcome -> outcome.verdict() == Verdict.Id.NO_ANSWER)
          .findFirst()
          .map(outcome -> silent(byHops, outcome))
          .orElse(byHops);
    }
    if (byHops.id() != Verdict.Id.DELIVERED || outcomes.isEmpty()) {
      return byHops;
    }
    Set<String> degraded = new LinkedHashSet<>(byHops.degraded());
    for (Flow.Outcome outcome : outcomes) {
      if (outcome.verdict() == Verdict.Id.DNS_FAILED) {
        return dnsFailed(byHops, outcome);
      }
      if (outcome.verdict() == Verdict.Id.RECYCLED_ADDRESS) {
        degraded.add(outcome.cause());
      }
      degraded.addAll(outcome.degraded());
    }
    return new Verdict(
        byHops.id(),
        new ArrayList<>(degraded),
        byHops.place(),
        byHops.direction(),
        byHops.cause(),
        byHops.evidence(),
        byHops.grade(),
        byHops.gradeReason(),
        byHops.advice());
  }

  /** What only a node's own records tell: the same packet again and again, another owner. */
  private static Optional<Verdict> betterThanHops(Verdict byHops, List<Flow.Outcome> outcomes) {
    return of(outcomes, Verdict.Id.ROUTING_LOOP)
        .map(loop -> because(byHops, loop, "the same packet was seen to come by again"))
        .or(
            () ->
                of(outcomes, Verdict.Id.RECYCLED_ADDRESS)
                    .map(owner -> because(byHops, owner, "ipamd's own records say so")));
  }

  private static Optional<Flow.Outcome> of(List<Flow.Outcome> outcomes, Verdict.Id id) {
    return outcomes.stream().filter(outcome -> outcome.verdict() == id).findFirst();
  }

  private static Verdict because(Verdict byHops, Flow.Outcome outcome, String reason) {
    return new Verdict(
        outcome.verdict(),
        List.of(),
        byHops.place(),
        byHops.id() == Verdict.Id.REFUSED ? Direction.REQUEST : byHops.direction(),
        outcome.cause(),
        Cause.joined(List.of(outcome.cause()), byHops.evidence()),
        Grade.PROVEN,
        reason,
        Advice.of(outcome.verdict()));
  }

  /** Where nobody watched beyond the pod, the hops cannot tell whether the request left it. */
  private static Verdict silent(Verdict lost, Flow.Outcome outcome) {
    return new Verdict(
        Verdict.Id.NO_ANSWER,
        List.of(),
        lost.place(),
        lost.direction(),
        outcome.cause(),
        lost.evidence(),
        lost.grade(),
        lost.gradeReason(),
        Advice.of(Verdict.Id.NO_ANSWER));
  }

  private static Verdict dnsFailed(Verdict answered, Flow.Outcome outcome) {
    return new Verdict(
        Verdict.Id.DNS_FAILED,
        List.of(),
        answered.place(),
        answered.direction(),
        outcome.cause(),
        answered.evidence(),
        Grade.PROVEN,
        "the answer itself says so",
        Advice.of(Verdict.Id.DNS_FAILED));
  }
}
