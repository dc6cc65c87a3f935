package io.podhop.collector.stitch;

import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.Trace;
import io.podhop.model.Unaddressed;
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

  /** The verdict over the connections of one run: what they have in common, else the worst. */
  public static Verdict over(List<Trace> traces) {
    return traces.size() < 2
        ? worst(traces.stream().map(Trace::verdict).toList())
        : Summary.of(traces);
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

  /** The verdict on a pod that never got an address. */
  public static Verdict noAddress(Unaddressed pod, boolean isSource) {
    return Advice.on(
        new Verdict(
            Verdict.Id.NO_ADDRESS,
            List.of(),
            Place.NONE,
            isSource ? Direction.REQUEST : Direction.REPLY,
            "pod " + pod.pod() + " never got an address: " + pod.reason(),
            pod.evidence().stream().map(Citation::toString).toList(),
            Grade.PROVEN,
            "ipamd's own log says so",
            ""));
  }

  static Verdict judge(Findings findings) {
    return Advice.on(found(findings));
  }

  private static Verdict found(Findings findings) {
    Exchange exchange = findings.exchange();
    if (findings.answered()) {
      return Delivery.judge(findings);
    }
    if (Unsent.isProven(findings)) {
      return Unsent.judge(findings);
    }
    if (findings.refused()) {
      return Refusal.judge(findings);
    }
    if (exchange.back().isPresent()) {
      return Loss.judge(findings, exchange.back().get());
    }
    Optional<Hop.Observed> last = exchange.request().lastSeen().flatMap(Passage.Step::seen);
    return last.isPresent() ? unanswered(findings, last.get()) : Unsent.judge(findings);
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
    Verdict unanswered =
        new Verdict(
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
    Optional<Cause> stale = Stale.of(findings);
    return stale.isPresent()
        ? stale.get().explain(unanswered)
        : NoAnswer.explain(findings, unanswered, request);
  }
}
