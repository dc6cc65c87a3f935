package io.podhop.collector.explain;

import io.podhop.model.LegQuery;
import io.podhop.model.PredictedLeg;
import io.podhop.v1.NodeQuestion;
import io.podhop.wire.ExplainCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks nodes for their parts of a connection's ways: the same question once, and a node that was
 * silent not again.
 */
final class Legs {
  /** For all questions of one explanation together. */
  static final Duration LIMIT = Duration.ofSeconds(10);

  private final NodeQuestions questions;
  private final long deadline = System.nanoTime() + LIMIT.toNanos();
  private final Map<Asked, PredictedLeg> answers = new HashMap<>();
  private final Map<String, String> silent = new HashMap<>();

  private record Asked(String node, LegQuery query) {}

  Legs(NodeQuestions questions) {
    this.questions = questions;
  }

  /** What the node says; its leg is unclear when it says nothing. */
  PredictedLeg of(String node, LegQuery query) throws InterruptedException {
    Asked asked = new Asked(node, query);
    PredictedLeg known = answers.get(asked);
    if (known != null) {
      return known;
    }
    PredictedLeg leg = silent.containsKey(node) ? silent(asked) : ask(asked);
    answers.put(asked, leg);
    return leg;
  }

  private PredictedLeg ask(Asked asked) throws InterruptedException {
    if (System.nanoTime() - deadline > 0) {
      return silent(asked, "it was not asked, for the others took too long");
    }
    NodeQuestion question =
        NodeQuestion.newBuilder().setLeg(ExplainCodec.encode(asked.query())).build();
    return switch (questions.ask(asked.node(), question)) {
      case NodeQuestions.Said said when said.answer().hasLeg() -> {
        try {
          yield ExplainCodec.decode(said.answer().getLeg());
        } catch (IllegalArgumentException e) {
          yield silent(asked, "its answer cannot be read (" + e.getMessage() + ")");
        }
      }
      case NodeQuestions.Said _ -> silent(asked, "it answered another question");
      case NodeQuestions.Silent(String reason) -> silent(asked, reason);
    };
  }

  private PredictedLeg silent(Asked asked, String reason) {
    silent.put(asked.node(), reason);
    return silent(asked);
  }

  private PredictedLeg silent(Asked asked) {
    String node = asked.node();
    LegQuery query = asked.query();
    return new PredictedLeg(
        node,
        query.direction(),
        query.packet(),
        List.of(),
        new PredictedLeg.Unclear("nothing from node " + node + ": " + silent.get(node), List.of()),
        query.packet(),
        Optional.empty(),
        List.of(),
        0,
        List.of());
  }
}
