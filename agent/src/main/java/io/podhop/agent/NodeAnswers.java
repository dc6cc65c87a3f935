package io.podhop.agent;

import io.podhop.agent.audit.Audit;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.describe.AddressHistories;
import io.podhop.agent.describe.NodeDescriptions;
import io.podhop.agent.predict.LegPredictor;
import io.podhop.model.AddressHistory;
import io.podhop.model.PodRef;
import io.podhop.v1.AddressQuestion;
import io.podhop.v1.NodeAnswer;
import io.podhop.v1.NodeQuestion;
import io.podhop.wire.AddressCodec;
import io.podhop.wire.AuditCodec;
import io.podhop.wire.ExplainCodec;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.NodeCodec;
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
      case ADDRESS ->
          Optional.of(
              NodeAnswer.newBuilder()
                  .setAddress(AddressCodec.encode(history(view, question.getAddress())))
                  .build());
      case DESCRIBE ->
          Optional.of(
              NodeAnswer.newBuilder()
                  .setDescription(NodeCodec.encode(NodeDescriptions.of(view)))
                  .build());
      case AUDIT ->
          Optional.of(NodeAnswer.newBuilder().setAudit(AuditCodec.encode(Audit.of(view))).build());
      case QUESTION_NOT_SET -> Optional.empty();
    };
  }

  private static AddressHistory history(NodeView view, AddressQuestion question) {
    Optional<PodRef> pod = AddressCodec.pod(question.getPod());
    return pod.isPresent()
        ? AddressHistories.of(view, pod.get())
        : AddressHistories.of(
            view,
            ModelCodec.decode(question.getAddress()),
            AddressCodec.instant(question.getAtNs()));
  }
}
