package io.podhop.collector.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.ModelNode;
import io.podhop.collector.fixture.ModelNodes;
import io.podhop.collector.fixture.Shop;
import io.podhop.collector.registry.Resolution;
import io.podhop.model.Direction;
import io.podhop.model.Explanation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.LegQuery;
import io.podhop.model.NodeInventory;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Protocol;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExplainerTest extends ExplainScene {
  @Test
  void explain_podsOfOneNode_staysThere() throws Exception {
    Explanation explanation = explain("web", "api", Shop.PORT);
    isDelivered(explanation);
    assertThat(places(explanation)).containsExactly("REQUEST node-a", "REPLY node-a");
    assertThat(explanation.legs().getFirst().fate())
        .isEqualTo(new PredictedLeg.Arrives("shop/api"));
    assertThat(explanation.notes()).isEmpty();
    assertThat(nodes.asked()).containsExactly(Shop.NODE_A, Shop.NODE_A);
  }

  @Test
  void explain_podsOfTwoNodes_goesThereAndBack() throws Exception {
    Explanation explanation = explain("web", "db", Shop.PORT);
    isDelivered(explanation);
    assertThat(places(explanation))
        .containsExactly("REQUEST node-a", "REQUEST node-b", "REPLY node-b", "REPLY node-a");
    assertThat(explanation.source()).isEqualTo(Shop.web());
    assertThat(explanation.destination()).isEqualTo(Shop.db());
    FlowKey client = new FlowKey(Protocol.TCP, Shop.WEB_IP, 40_112, Shop.DB_IP, Shop.PORT);
    assertThat(explanation.legs().getFirst().entering()).isEqualTo(client);
    assertThat(explanation.legs().getLast().leaving()).isEqualTo(client.reversed());
  }

  @Test
  void explain_service_isTranslatedThereAndBack() throws Exception {
    Explanation explanation = explain("web", "svc/db", 0);
    isDelivered(explanation);
    assertThat(explanation.destination()).isEqualTo(Shop.service());
    assertThat(explanation.legs().get(1).entering().destination()).isEqualTo(Shop.DB_IP);
    assertThat(explanation.legs().getLast().entering().source()).isEqualTo(Shop.DB_IP);
    assertThat(explanation.legs().getLast().leaving().source()).isEqualTo(Shop.SERVICE_IP);
  }

  @Test
  void explain_nodePortOfAThirdNode_passesItBothTimes() throws Exception {
    add(nodeC());
    nodes.node(
        NODE_C,
        new ModelNode(nodeC())
            .service(NODE_C_IP, NODE_PORT, ModelNode.backend(Shop.DB_IP, 1))
            .masquerading());
    Explanation explanation = explain("web", NODE_C_IP.toString(), NODE_PORT);
    isDelivered(explanation);
    assertThat(places(explanation))
        .containsExactly(
            "REQUEST node-a",
            "REQUEST node-c",
            "REQUEST node-b",
            "REPLY node-b",
            "REPLY node-c",
            "REPLY node-a");
    assertThat(explanation.legs().get(3).leaving().destination()).isEqualTo(NODE_C_IP);
    assertThat(explanation.legs().getLast().leaving().sourcePort()).isEqualTo(NODE_PORT);
  }

  @Test
  void explain_external_comesBackToWhereTheWireSourceIs() throws Exception {
    Explanation explanation = explain("web", "198.51.100.80", 443);
    isDelivered(explanation);
    assertThat(places(explanation)).containsExactly("REQUEST node-a", "REPLY node-a");
    PredictedLeg reply = explanation.legs().getLast();
    assertThat(reply.entering().destination()).isEqualTo(Shop.NODE_A_IP);
    assertThat(reply.hops().getFirst().point().interfaceName()).isEqualTo("eth0");
    assertThat(reply.leaving().destination()).isEqualTo(Shop.WEB_IP);
    assertThat(explanation.notes())
        .containsExactly(
            "no node knows what becomes of it beyond node-a eth0; a reply is assumed to come in by"
                + " node-a eth0, which has 192.168.0.10");
  }

  @Test
  void explain_sourceOutsideEveryNode_saysThatTheReplyIsNotKnown() throws Exception {
    IpAddress stranger = IpAddress.parse("203.0.113.9");
    nodes.node(
        Shop.NODE_A,
        query -> {
          PredictedLeg leg = nodeA.apply(query);
          FlowKey key = leg.leaving();
          FlowKey odd =
              new FlowKey(key.protocol(), stranger, 1, key.destination(), key.destinationPort());
          return new PredictedLeg(
              leg.node(),
              leg.direction(),
              leg.entering(),
              leg.hops(),
              new PredictedLeg.Leaves("eth0", ""),
              odd,
              leg.tracked(),
              List.of(),
              0,
              List.of());
        });
    Verdict verdict = explain("web", "198.51.100.80", 443).verdict();
    assertThat(verdict.id()).isEqualTo(Verdict.Id.NOT_OBSERVED);
    assertThat(verdict.direction()).isEqualTo(Direction.REPLY);
    assertThat(verdict.cause()).startsWith("cannot tell, because no known ENI has 203.0.113.9");
  }

  @Test
  void explain_packetComesBackToANode_isRoutingLoop() throws Exception {
    nodes.node(Shop.NODE_B, but(nodeB, _ -> true, new PredictedLeg.Leaves("eth0", "")));
    Explanation explanation = explain("web", "db", Shop.PORT);
    Verdict verdict = explanation.verdict();
    assertThat(verdict.id()).isEqualTo(Verdict.Id.ROUTING_LOOP);
    assertThat(verdict.place().before()).isEqualTo("shop/db");
    assertThat(verdict.cause())
        .isEqualTo(
            "what is sent to 192.168.33.7 leaves node-b by eth0, and the VPC brings it back: it"
                + " circles until its TTL is used up");
    assertThat(verdict.advice()).startsWith("restore rule 512");
    assertThat(places(explanation)).containsExactly("REQUEST node-a", "REQUEST node-b");
    assertThat(explanation.notes()).containsExactly("node-b: as tested");
  }

  @Test
  void explain_everyLegAnother_endsAfterEight() throws Exception {
    nodes.node(
        Shop.NODE_B,
        query -> {
          PredictedLeg leg = nodeB.apply(query);
          FlowKey in = leg.entering();
          FlowKey out =
              new FlowKey(
                  in.protocol(),
                  in.source(),
                  in.sourcePort() + 1,
                  in.destination(),
                  in.destinationPort());
          return new PredictedLeg(
              leg.node(),
              leg.direction(),
              in,
              leg.hops(),
              new PredictedLeg.Leaves("eth0", ""),
              out,
              Optional.empty(),
              List.of(),
              0,
              List.of());
        });
    Explanation explanation = explain("web", "db", Shop.PORT);
    assertThat(explanation.legs()).hasSize(Walk.MAX_LEGS);
    assertThat(explanation.verdict().id()).isEqualTo(Verdict.Id.NOT_OBSERVED);
    assertThat(explanation.verdict().cause()).contains("more than 8 parts");
  }

  @Test
  void explain_agentOfTheFarNodeMissing_saysWhich() throws Exception {
    nodes.node(Shop.NODE_B, nodeB);
    ModelNodes near = new ModelNodes().node(Shop.NODE_A, nodeA);
    Explanation explanation =
        ((Resolution.Found<Explanation>)
                new Explainer(names, near)
                    .explain(new PathQuestion("web", "db", "shop", 1, Protocol.TCP, 0, 0)))
            .value();
    assertThat(explanation.verdict().id()).isEqualTo(Verdict.Id.NOT_OBSERVED);
    assertThat(explanation.verdict().cause())
        .isEqualTo("cannot tell, because nothing from node node-b: its agent is not connected");
    assertThat(explanation.verdict().place()).isEqualTo(new Verdict.Place("node-a eth1", ""));
    assertThat(explanation.legs().getFirst().entering().sourcePort())
        .isEqualTo(Connection.SOME_PORT);
  }

  @Test
  void explain_addressOnTwoNodes_isNotGuessed() throws Exception {
    NodeInventory b = Shop.nodeB();
    add(
        new NodeInventory(
            NODE_C, NODE_C_IP, b.vpcCidrs(), nodeC().enis(), b.pods(), List.of(), List.of()));
    assertThat(explain("web", Shop.DB_IP.toString(), Shop.PORT).verdict().cause())
        .isEqualTo(
            "cannot tell, because 192.168.33.7 is with shop/db on node-b and shop/db on node-c at"
                + " once");
  }

  @Test
  void explain_addressThatNobodyKnows_isNotGuessed() throws Exception {
    Explanation explanation = explain("web", "192.168.9.9", 80);
    assertThat(explanation.verdict().cause())
        .isEqualTo(
            "cannot tell, because 192.168.9.9 is inside the VPC, and no agent knows who holds it");
    assertThat(explanation.notes()).hasSize(1);
  }

  @Test
  void explain_serviceWithoutRules_isLostInTheVpc() throws Exception {
    nodes.node(Shop.NODE_A, new ModelNode(Shop.nodeA()).service(Shop.INTERNET, 1));
    Verdict verdict = explain("web", "svc/db", 0).verdict();
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_IN_VPC);
    assertThat(verdict.cause()).contains("10.100.7.7 of svc shop/db, which nobody in the VPC has");
  }

  @Test
  void explain_requestDies_saysWhereAndWhyAndAsksNoFurther() throws Exception {
    nodes.node(
        Shop.NODE_B,
        but(nodeB, _ -> true, dies(Verdict.Id.FIREWALL_DROP, "node-b eth0", "node-b enidb")));
    Explanation explanation = explain("web", "db", Shop.PORT);
    Verdict verdict = explanation.verdict();
    assertThat(verdict.id()).isEqualTo(Verdict.Id.FIREWALL_DROP);
    assertThat(verdict.direction()).isEqualTo(Direction.REQUEST);
    assertThat(verdict.place()).isEqualTo(new Verdict.Place("node-b eth0", "node-b enidb"));
    assertThat(verdict.evidence()).containsExactly("FORWARD #3 -j DROP");
    assertThat(verdict.advice()).isEqualTo("delete the rule");
    assertThat(nodes.asked()).containsExactly(Shop.NODE_A, Shop.NODE_B);
  }

  @Test
  void explain_replyDies_isTheReplys() throws Exception {
    nodes.node(
        Shop.NODE_A,
        but(
            nodeA,
            query -> query.direction() == Direction.REPLY,
            dies(Verdict.Id.RP_FILTER, "node-a eth0", "node-a eniweb")));
    Explanation explanation = explain("web", "db", Shop.PORT);
    assertThat(explanation.verdict().id()).isEqualTo(Verdict.Id.RP_FILTER);
    assertThat(explanation.verdict().direction()).isEqualTo(Direction.REPLY);
    assertThat(explanation.legs()).hasSize(4);
  }

  @Test
  void explain_replyUnderAnotherName_isLost() throws Exception {
    nodes.node(
        Shop.NODE_A,
        query ->
            query.direction() == Direction.REQUEST
                ? nodeA.apply(query)
                : new ModelNode(Shop.nodeA())
                    .apply(
                        new LegQuery(
                            query.direction(),
                            query.packet(),
                            query.entry(),
                            Optional.empty(),
                            0)));
    Verdict verdict = explain("web", "svc/db", 0).verdict();
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_ON_NODE);
    assertThat(verdict.direction()).isEqualTo(Direction.REPLY);
    assertThat(verdict.cause())
        .isEqualTo(
            "the reply comes as tcp 192.168.33.7:5432 > 192.168.1.21:40112, and who opened the"
                + " connection awaits tcp 10.100.7.7:5432 > 192.168.1.21:40112");
  }

  @Test
  void explain_packetLongerThanAnMtu_saysWhere() throws Exception {
    Explanation explanation =
        explain(new PathQuestion("web", "db", "shop", 1, Protocol.TCP, 0, 9_100));
    assertThat(explanation.notes())
        .singleElement()
        .asString()
        .startsWith("node-a takes packets of 9001 bytes only: those of 9100");
  }

  @Test
  void explain_badQuestions_areRefusedWithASentence() throws Exception {
    Explainer explainer = new Explainer(names, nodes);
    assertThat(explainer.explain(new PathQuestion("web", "bd", "shop", 1, Protocol.TCP, 0, 0)))
        .isInstanceOfSatisfying(
            Resolution.Refused.class, refused -> assertThat(refused.observable()).isTrue());
    assertThat(explainer.explain(new PathQuestion("web", "", "shop", 1, Protocol.TCP, 0, 0)))
        .isInstanceOf(Resolution.Refused.class);
    assertThat(explainer.explain(new PathQuestion("web", "db", "shop", 70_000, Protocol.TCP, 0, 0)))
        .isInstanceOf(Resolution.Refused.class);
    assertThat(explainer.explain(new PathQuestion("web", "db", "shop", 1, Protocol.TCP, 0, -1)))
        .isInstanceOf(Resolution.Refused.class);
    assertThat(nodes.asked()).isEmpty();
  }
}
