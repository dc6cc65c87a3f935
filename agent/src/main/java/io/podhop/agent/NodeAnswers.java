package io.podhop.agent;

import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.predict.LegPredictor;
import io.podhop.v1.NodeAnswer;
import io.podhop.v1.NodeQuestion;
import io.podhop.wire.ExplainCodec;
import java.util.Optional;

/** Answers questions about a node from one view of it; pure, so that a bundle answers alike. */
public final class NodeAnswers {
  private NodeAnswers() {}

  /**
   * The answer; empty to a question that this version does not know.
   *
   * @throws IllegalArgumentException with a sentence for people, when the question makes no sense
   */
  public static Optional<NodeAnswer> answer(NodeView view, NodeQuestion question) {
    return switch (question.getQuestionCase()) {
      case LEG ->
          Optional.of(
              NodeAnswer.newBuilder()
                  .setLeg(
                      ExplainCodec.encode(
                          LegPredictor.predict(view, ExplainCodec.decode(question.getLeg()))))
                  .build());
      case ADDRESS, DESCRIBE, AUDIT, QUESTION_NOT_SET -> Optional.empty();
    };
  }
}
