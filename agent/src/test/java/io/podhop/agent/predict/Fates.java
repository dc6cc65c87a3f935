package io.podhop.agent.predict;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Citation;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.stream.Collectors;

/** What tests ask of a leg that ends badly. */
final class Fates {
  private Fates() {}

  /** That it dies so, between these two points, with a cause and advice. */
  static PredictedLeg.Dies dies(PredictedLeg leg, Verdict.Id id, String after, String to) {
    assertThat(leg.fate()).isInstanceOf(PredictedLeg.Dies.class);
    PredictedLeg.Dies dies = (PredictedLeg.Dies) leg.fate();
    assertThat(dies.verdict()).as(dies.cause()).isEqualTo(id);
    assertThat(dies.place()).as(dies.cause()).isEqualTo(new Verdict.Place(after, to));
    assertThat(dies.cause()).isNotEmpty();
    assertThat(dies.advice()).isNotEmpty();
    return dies;
  }

  static String lines(List<Citation> why) {
    return why.stream().map(Citation::toString).collect(Collectors.joining("\n"));
  }
}
