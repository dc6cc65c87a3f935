package io.podhop.agent.sample;

import io.podhop.model.Flow.Outcome;
import io.podhop.model.Verdict;
import java.util.Locale;
import java.util.Optional;

/** Why a connection becomes a trace; in the order in which they are let through. */
public enum Reason {
  FAILED,
  DEGRADED,
  SAMPLED;

  public static Optional<Reason> of(Outcome outcome, boolean sampled) {
    if (outcome.verdict() != Verdict.Id.DELIVERED) {
      return Optional.of(FAILED);
    }
    if (outcome.isOdd()) {
      return Optional.of(DEGRADED);
    }
    return sampled ? Optional.of(SAMPLED) : Optional.empty();
  }

  /** As in metrics: {@code failed}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
