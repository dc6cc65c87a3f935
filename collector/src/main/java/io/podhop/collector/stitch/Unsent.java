package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import io.podhop.model.Verdict.Place;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A request of which no point saw a packet. */
final class Unsent {
  /** What connect(2) says when the namespace has no route: ENETUNREACH. */
  private static final String NO_ROUTE = "Network is unreachable";

  private Unsent() {}

  /** Whether the probe cannot have put a packet on its own interface: it was watched well. */
  static boolean isProven(Findings findings) {
    Exchange exchange = findings.exchange();
    return !exchange.request().wasSeen()
        && exchange.back().isEmpty()
        && findings.context().attempt().filter(Unsent::neverLeft).isPresent()
        && isWatched(findings);
  }

  /**
   * Somebody refused, so something was sent; only the want of a route is said by the pod itself.
   */
  private static boolean neverLeft(Attempt attempt) {
    return attempt.outcome() != Attempt.Outcome.REFUSED || attempt.error().contains(NO_ROUTE);
  }

  private static boolean isWatched(Findings findings) {
    List<Passage.Step> steps = findings.exchange().request().steps();
    return findings.ends().source().hasPod()
        && steps.getFirst().isWatched()
        && steps.getFirst().watched().stream().allMatch(point -> point.coverage().complete());
  }

  static Verdict judge(Findings findings) {
    Passage request = findings.exchange().request();
    if (!isProven(findings)) {
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
    Verdict unsent =
        new Verdict(
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
    return predicted(findings)
        .or(() -> noRoute(findings))
        .map(cause -> cause.explain(unsent))
        .orElse(unsent);
  }

  /** What the rules of the pod itself say, when they end the packet before its interface. */
  private static Optional<Cause> predicted(Findings findings) {
    return new Forecast(findings)
        .legs(findings.ends().source().node(), Direction.REQUEST)
        .map(PredictedLeg::fate)
        .flatMap(f -> f instanceof PredictedLeg.Dies d ? Stream.of(d) : Stream.empty())
        .filter(dies -> dies.verdict() == Verdict.Id.LOST_IN_POD)
        .map(Forecast::cause)
        .findFirst();
  }

  private static Optional<Cause> noRoute(Findings findings) {
    return findings
        .context()
        .attempt()
        .filter(attempt -> attempt.error().contains(NO_ROUTE))
        .map(
            attempt ->
                new Cause(
                    Verdict.Id.LOST_IN_POD,
                    "pod "
                        + findings.ends().source().pod()
                        + " has no route to "
                        + findings.context().destination().address()
                        + ": its default route is missing",
                    List.of(
                        "connect in " + findings.ends().source().pod() + ": " + attempt.error()),
                    Advice.ROUTE,
                    Cause.Proof.ON_RECORD));
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
