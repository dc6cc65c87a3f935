package io.podhop.collector.stitch;

import io.podhop.model.Protocol;
import io.podhop.model.Verdict;
import java.util.Optional;

/**
 * A request that reached its pod and was not answered: by the pod's sockets, and by what it was.
 */
final class NoAnswer {
  private static final int DNS_PORT = 53;

  private NoAnswer() {}

  static Verdict explain(Findings findings, Verdict unanswered, Passage request) {
    Optional<Cause> cause = PodStack.of(findings).or(() -> Causes.of(findings, Gap.of(request)));
    Verdict explained = cause.map(c -> c.explain(unanswered)).orElse(unanswered);
    return isQuestion(findings) && explained.id() == Verdict.Id.NO_ANSWER
        ? withId(explained, Verdict.Id.DNS_FAILED, "timeout: " + explained.cause())
        : explained;
  }

  private static boolean isQuestion(Findings findings) {
    return findings.wire().protocol() == Protocol.UDP
        && findings.wire().destinationPort() == DNS_PORT;
  }

  private static Verdict withId(Verdict verdict, Verdict.Id id, String cause) {
    return new Verdict(
        id,
        verdict.degraded(),
        verdict.place(),
        verdict.direction(),
        cause,
        verdict.evidence(),
        verdict.grade(),
        verdict.gradeReason(),
        verdict.advice());
  }
}
