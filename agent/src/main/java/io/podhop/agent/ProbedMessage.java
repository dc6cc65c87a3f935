package io.podhop.agent;

import io.podhop.agent.probe.ProbeResult;
import io.podhop.v1.Probe;
import io.podhop.v1.Probed;

/** What the collector is told of one attempt. */
final class ProbedMessage {
  private ProbedMessage() {}

  static Probed of(Probe probe, int attempt, ProbeResult result) {
    return Probed.newBuilder()
        .setRequestId(probe.getRequestId())
        .setAttempt(attempt)
        .setSourcePort(result.sourcePort())
        .setOutcome(
            switch (result.outcome()) {
              case ANSWERED -> Probed.Outcome.OUTCOME_ANSWERED;
              case REFUSED -> Probed.Outcome.OUTCOME_REFUSED;
              case TIMEOUT -> Probed.Outcome.OUTCOME_TIMEOUT;
              case FAILED -> Probed.Outcome.OUTCOME_FAILED;
            })
        .setError(result.error())
        .setElapsedNs(result.elapsed().toNanos())
        .setLast(attempt == probe.getCount())
        .build();
  }
}
