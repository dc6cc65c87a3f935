package io.podhop.collector.explain;

import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Verdict;
import java.util.List;

/** What would become of a connection whose packets take these ways; never proven. */
final class Outcome {
  static final String GRADE_REASON = "predicted, nothing was sent";

  private Outcome() {}

  /** By the way of the request, when that decides. */
  static Verdict ofRequest(Way way) {
    return of(way, Direction.REQUEST);
  }

  /**
   * By the way of the reply, after a request that came through.
   *
   * @param first where the request began
   */
  static Verdict ofReply(Way way, PredictedLeg first) {
    Verdict verdict = of(way, Direction.REPLY);
    if (verdict.id() != Verdict.Id.DELIVERED) {
      return verdict;
    }
    FlowKey awaited = first.entering().reversed();
    FlowKey came = way.last().leaving();
    if (!way.last().node().equals(first.node())) {
      return lost(
          new Verdict.Place(way.lastPoint(), first.node()),
          "the reply ends on %s, while the connection was opened on %s"
              .formatted(way.last().node(), first.node()));
    }
    return came.equals(awaited)
        ? verdict
        : lost(
            new Verdict.Place(way.lastPoint(), ""),
            "the reply comes as %s, and who opened the connection awaits %s"
                .formatted(came, awaited));
  }

  private static Verdict lost(Verdict.Place place, String cause) {
    return predicted(
        Verdict.Id.LOST_ON_NODE,
        place,
        Direction.REPLY,
        cause,
        List.of(),
        "see to it that replies pass the node that rewrote the request");
  }

  private static Verdict of(Way way, Direction direction) {
    return switch (way.end()) {
      case Way.Arrived _ -> delivered();
      case Way.Left _ when direction == Direction.REQUEST -> delivered();
      case Way.Left _ ->
          unclear(
              way,
              direction,
              "the reply leaves for %s, which no known node has"
                  .formatted(way.last().leaving().destination()),
              List.of());
      case Way.Died(PredictedLeg.Dies how) ->
          predicted(how.verdict(), how.place(), direction, how.cause(), how.why(), how.advice());
      case Way.Unclear(String because, List<Citation> why) -> unclear(way, direction, because, why);
    };
  }

  static Verdict unclear(Way way, Direction direction, String because, List<Citation> why) {
    return predicted(
        Verdict.Id.NOT_OBSERVED,
        new Verdict.Place(way.lastPoint(), ""),
        direction,
        "cannot tell, because " + because,
        why,
        "");
  }

  private static Verdict delivered() {
    return predicted(
        Verdict.Id.DELIVERED, Verdict.Place.NONE, Direction.REQUEST, "", List.of(), "");
  }

  private static Verdict predicted(
      Verdict.Id id,
      Verdict.Place place,
      Direction direction,
      String cause,
      List<Citation> why,
      String advice) {
    return new Verdict(
        id,
        List.of(),
        place,
        direction,
        cause,
        why.stream().map(Citation::toString).distinct().toList(),
        Verdict.Grade.UNPROVEN,
        GRADE_REASON,
        advice);
  }
}
