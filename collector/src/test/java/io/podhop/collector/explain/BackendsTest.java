package io.podhop.collector.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.ModelNode;
import io.podhop.collector.fixture.ModelNodes;
import io.podhop.collector.fixture.Shop;
import io.podhop.collector.registry.Ends;
import io.podhop.collector.registry.Resolution;
import io.podhop.model.Explanation;
import io.podhop.model.FlowKey;
import io.podhop.model.Protocol;
import io.podhop.model.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendsTest extends ExplainScene {
  private void twoBackends() {
    add(nodeC());
    nodeA.service(
        Shop.SERVICE_IP,
        Shop.PORT,
        ModelNode.backend(Shop.DB_IP, 0.5),
        ModelNode.backend(DB2_IP, 0.5));
    nodes.node(NODE_C, new ModelNode(nodeC()));
  }

  @Test
  void explain_oneBackendOfTwoFails_saysWhichAndWhy() throws Exception {
    twoBackends();
    nodes.node(
        NODE_C,
        but(
            new ModelNode(nodeC()),
            _ -> true,
            dies(Verdict.Id.LOST_ON_NODE, "node-c eth0", "node-c enidb2")));
    Explanation explanation = explain("web", "svc/db", 0);
    isDelivered(explanation);
    assertThat(explanation.notes())
        .containsExactly(
            "1 of 2 backends would fail: 192.168.65.8:5432, chosen with 50 % (lost-on-node: a rule"
                + " drops it)");
  }

  @Test
  void explain_theAssumedBackendFails_saysThatTheOtherWouldNot() throws Exception {
    twoBackends();
    nodes.node(
        Shop.NODE_B,
        but(nodeB, _ -> true, dies(Verdict.Id.LOST_ON_NODE, "node-b eth0", "node-b enidb")));
    Explanation explanation = explain("web", "svc/db", 0);
    assertThat(explanation.verdict().id()).isEqualTo(Verdict.Id.LOST_ON_NODE);
    assertThat(explanation.notes())
        .containsExactly(
            "1 of 2 backends would fail: 192.168.33.7:5432, chosen with 50 % (lost-on-node: shown"
                + " here)",
            "node-b: as tested");
  }

  @Test
  void explain_bothBackendsWell_isSilentAboutThem() throws Exception {
    twoBackends();
    assertThat(explain("web", "svc/db", 0).notes()).isEmpty();
  }

  @Test
  void explain_backendsAgentMissing_isNotCountedAsFailing() throws Exception {
    twoBackends();
    ModelNodes near = new ModelNodes().node(Shop.NODE_A, nodeA).node(Shop.NODE_B, nodeB);
    Resolution<Explanation> explained =
        new Explainer(names, near)
            .explain(new PathQuestion("web", "svc/db", "shop", 0, Protocol.TCP, 0, 0));
    assertThat(((Resolution.Found<Explanation>) explained).value().notes())
        .singleElement()
        .asString()
        .startsWith("of 1 of 2 backends it cannot be told: 192.168.65.8:5432")
        .contains("node-c");
  }

  @Test
  void predict_severalBackends_hasTheWayToTheChosenOne() throws Exception {
    twoBackends();
    Ends ends =
        ((Resolution.Found<Ends>) names.ends("web", "svc/db", "shop", 0, Protocol.TCP)).value();
    Prediction prediction = new Explainer(names, nodes).predict(ends);
    FlowKey seen = new FlowKey(Protocol.TCP, Shop.WEB_IP, 51_000, DB2_IP, Shop.PORT);
    assertThat(places(prediction.by(List.of(seen)))).contains("REQUEST node-c");
    assertThat(prediction.by(List.of(seen)).legs().getFirst().choices())
        .first()
        .isEqualTo(ModelNode.backend(DB2_IP, 0.5));
    assertThat(places(prediction.by(List.of()))).contains("REQUEST node-b");
    assertThat(nodes.asked()).hasSize(8);
  }
}
