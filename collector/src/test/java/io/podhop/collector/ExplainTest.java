package io.podhop.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.podhop.collector.fixture.ModelNode;
import io.podhop.collector.fixture.ModelNodes;
import io.podhop.collector.fixture.ScriptedAgent;
import io.podhop.collector.fixture.Shop;
import io.podhop.model.Explanation;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Verdict;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.ExplainRequest;
import io.podhop.v1.Failed;
import io.podhop.v1.ListNodesRequest;
import io.podhop.wire.ExplainCodec;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A whole collector that is asked for ways, with agents that answer questions. */
class ExplainTest extends WholeCollector {
  private static final ExplainRequest WEB_TO_DB =
      ExplainRequest.newBuilder()
          .setSource("web")
          .setDestination("svc/db")
          .setNamespace("shop")
          .build();

  private void agentA() {
    running.agent(
        Shop.nodeA(),
        ModelNodes.agent(
            new ModelNode(Shop.nodeA())
                .service(Shop.SERVICE_IP, Shop.PORT, ModelNode.backend(Shop.DB_IP, 1))));
  }

  private ScriptedAgent agentB() {
    return running.agent(Shop.nodeB(), ModelNodes.agent(new ModelNode(Shop.nodeB())));
  }

  private Explanation explain(ExplainRequest request) {
    return ExplainCodec.decode(running.explain().explainPath(request));
  }

  @Test
  void explainPath_bothAgentsAnswer_isTheWayThereAndBack() {
    agentA();
    agentB();
    Explanation explanation = explain(WEB_TO_DB);
    assertThat(explanation.verdict().id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(explanation.destination()).isEqualTo(Shop.service());
    assertThat(explanation.legs())
        .extracting(PredictedLeg::node)
        .containsExactly(Shop.NODE_A, Shop.NODE_B, Shop.NODE_B, Shop.NODE_A);
    assertThat(explanation.legs().get(1).fate()).isEqualTo(new PredictedLeg.Arrives("shop/db"));
  }

  @Test
  void explainPath_agentGone_isOpenAndNamesIt() {
    agentA();
    agentB().close();
    await()
        .atMost(10, TimeUnit.SECONDS)
        .until(
            () ->
                running
                    .query()
                    .listNodes(ListNodesRequest.getDefaultInstance())
                    .getNodesList()
                    .stream()
                    .anyMatch(node -> !node.getConnected()));
    Explanation explanation = explain(WEB_TO_DB);
    assertThat(explanation.verdict().id()).isEqualTo(Verdict.Id.NOT_OBSERVED);
    assertThat(explanation.verdict().cause())
        .isEqualTo("cannot tell, because nothing from node node-b: its agent is not connected");
  }

  @Test
  void explainPath_agentFails_isOpenAndSaysWhy() {
    running.agent(
        Shop.nodeA(),
        (agent, message) ->
            agent.say(
                AgentMessage.newBuilder()
                    .setFailed(
                        Failed.newBuilder()
                            .setRequestId(message.getQuestion().getRequestId())
                            .setError("iptables-save is missing"))));
    agentB();
    assertThat(explain(WEB_TO_DB).verdict().cause())
        .isEqualTo("cannot tell, because nothing from node node-a: iptables-save is missing");
  }

  @Test
  void explainPath_agentSilent_isOpenAfterABoundedTime() {
    running.agent(Shop.nodeA(), (_, _) -> {});
    agentB();
    assertThat(explain(WEB_TO_DB).verdict().cause()).contains("did not answer within 3 s");
  }

  @Test
  void explainPath_badRequests_areRefusedWithTheirSentence() {
    assertThatThrownBy(() -> explain(WEB_TO_DB))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("FAILED_PRECONDITION: no agent has registered");
    agentA();
    agentB();
    assertThatThrownBy(() -> explain(WEB_TO_DB.toBuilder().setSource("wbe").build()))
        .hasMessageStartingWith("INVALID_ARGUMENT: no pod shop/wbe")
        .hasMessageContaining("did you mean");
    assertThatThrownBy(() -> explain(WEB_TO_DB.toBuilder().setProtocol(132).build()))
        .hasMessage("INVALID_ARGUMENT: no protocol 132");
    assertThatThrownBy(() -> explain(WEB_TO_DB.toBuilder().setPort(-1).build()))
        .hasMessageStartingWith("INVALID_ARGUMENT: no such port");
  }
}
