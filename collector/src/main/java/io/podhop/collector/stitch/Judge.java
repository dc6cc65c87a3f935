package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import io.podhop.model.Verdict.Place;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What became of a connection: the first place where observation leaves the expected path. */
public final class Judge {
  private static final Comparator<Verdict> BADNESS =
      Comparator.comparing(Verdict::id).thenComparingInt(v -> v.degraded().size());

  private Judge() {}

  /** The verdict over several connections: the worst of theirs, the first among equals. */
  public static Verdict worst(List<Verdict> verdicts) {
    return verdicts.stream()
        .reduce((a, b) -> BADNESS.compare(b, a) > 0 ? b : a)
        .orElse(notObserved("no connection was seen", "nothing was sent or seen"));
  }

  /** The verdict when there is no connection to judge, with the reason why there is none. */
  public static Verdict notObserved(String cause, String gradeReason) {
    return new Verdict(
        Verdict.Id.NOT_OBSERVED,
        List.of(),
        Place.NONE,
        Direction.REQUEST,
        cause,
        List.of(),
        Grade.UNPROVEN,
        gradeReason,
        "");
  }

  static Verdict judge(Findings findings) {
    Exchange exchange = findings.exchange();
    if (findings.answered()) {
      return Delivery.judge(findings);
    }
    if (findings.refused()) {
      return Refusal.judge(findings);
    }
    if (exchange.back().isPresent()) {
      return Loss.judge(findings, exchange.back().get());
    }
    Optional<Hop.Observed> last = exchange.request().lastSeen().flatMap(Passage.Step::seen);
    return last.isPresent() ? unanswered(findings, last.get()) : unseen(findings);
  }

  private static Verdict unanswered(Findings findings, Hop.Observed last) {
    Passage request = findings.exchange().request();
    if (!request.arrived() || !findings.path().endsAtTarget()) {
      return Loss.judge(findings, request);
    }
    boolean complete =
        request.lastSeen().orElseThrow().watched().stream()
            .allMatch(point -> findings.provesAbsence(point, last));
    String label = last.point().label();
    return new Verdict(
        Verdict.Id.NO_ANSWER,
        List.of(),
        new Place(label, ""),
        Direction.REQUEST,
        "the " + request.kind().label() + " reached " + label + " and nothing came back",
        Evidence.of(findings, request),
        complete ? Grade.PROVEN : Grade.UNPROVEN,
        complete
            ? "capture at " + label + " was complete"
            : "capture at " + label + " was not complete",
        "");
  }

  private static Verdict unseen(Findings findings) {
    Passage request = findings.exchange().request();
    boolean sent = findings.context().attempt().isPresent();
    boolean watched =
        findings.ends().source().hasPod()
            && request.steps().getFirst().isWatched()
            && request.steps().getFirst().watched().stream()
                .allMatch(point -> point.coverage().complete());
    if (!sent || !watched) {
      return new Verdict(
          Verdict.Id.NOT_OBSERVED,
          List.of(),
          Place.NONE,
          Direction.REQUEST,
          "no point saw a packet of this connection" + probeError(findings),
          Evidence.of(findings, request),
          Grade.UNPROVEN,
          "capture at the source was not complete",
          "");
    }
    String first = request.steps().getFirst().label();
    return new Verdict(
        Verdict.Id.LOST_IN_POD,
        List.of(),
        new Place("", first),
        Direction.REQUEST,
        "the probe in "
            + findings.ends().source().pod()
            + " never put a packet on "
            + first
            + probeError(findings),
        Evidence.of(findings, request),
        Grade.PROVEN,
        "capture at " + first + " was complete",
        "");
  }

  private static String probeError(Findings findings) {
    return findings
        .context()
        .attempt()
        .filter(attempt -> !attempt.error().isEmpty())
        .map(attempt -> ": " + attempt.error())
        .orElse("");
  }
}
