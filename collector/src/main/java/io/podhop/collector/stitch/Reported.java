package io.podhop.collector.stitch;

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
        "");
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
        "");
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
        "");
  }
}
