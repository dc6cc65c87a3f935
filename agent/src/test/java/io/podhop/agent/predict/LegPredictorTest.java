package io.podhop.agent.predict;

import static io.podhop.agent.predict.TextNode.CARD;
import static io.podhop.agent.predict.TextNode.CARD_IP;
import static io.podhop.agent.predict.TextNode.DB;
import static io.podhop.agent.predict.TextNode.DB_IP;
import static io.podhop.agent.predict.TextNode.FAR_IP;
import static io.podhop.agent.predict.TextNode.NODE_IP;
import static io.podhop.agent.predict.TextNode.WEB;
import static io.podhop.agent.predict.TextNode.WEB_IP;
import static io.podhop.agent.predict.TextNode.WORLD_IP;
import static io.podhop.agent.predict.TextNode.tcp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.LegQuery;
import io.podhop.model.PodRef;
import io.podhop.model.PredictedHop;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Role;
import io.podhop.model.Tracked;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a healthy node makes of every kind of packet. */
class LegPredictorTest {
  private static final LegQuery.Entry PRIMARY = new LegQuery.FromEni("ens5");
  private static final LegQuery.Entry SECONDARY = new LegQuery.FromEni("ens6");
  private static final LegQuery.Entry BRANCH = new LegQuery.FromEni("vlan.eth.4");

  private final TextNode node = new TextNode();

  private static List<String> path(PredictedLeg leg) {
    return leg.hops().stream().map(hop -> hop.point().label()).toList();
  }

  private static List<String> why(PredictedHop hop) {
    return hop.why().stream().map(Citation::toString).toList();
  }

  @Test
  void fromPod_onSecondaryEniIntoVpc_leavesBySecondaryUnchanged() {
    FlowKey packet = tcp(DB_IP, 40000, FAR_IP, 8080);

    PredictedLeg leg = node.from(DB, packet);

    assertThat(path(leg)).containsExactly("db-0 eth0", "node-a eni0000000000b", "node-a ens6");
    assertThat(leg.hops().stream().map(hop -> hop.point().role()))
        .containsExactly(Role.POD_ETH0, Role.HOST_VETH, Role.ENI);
    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens6", "ens6"));
    assertThat(leg.leaving()).isEqualTo(packet);
    assertThat(leg.tracked()).contains(new Tracked(packet, packet, 0));
    assertThat(why(leg.hops().getLast()))
        .contains("rule 1536 from 10.40.2.21 lookup 2", "table 2: default via 10.40.0.1 dev ens6")
        .anyMatch(line -> line.startsWith("AWS-SNAT-CHAIN-0 #1"));
    assertThat(leg.mtu()).isEqualTo(9001);
    assertThat(leg.notes()).isEmpty();
  }

  @Test
  void fromPod_onSecondaryEniToWorld_markedTranslatedAndByPrimary() {
    FlowKey packet = tcp(DB_IP, 40000, WORLD_IP, 443);

    PredictedLeg leg = node.from(DB, packet);

    FlowKey translated = tcp(NODE_IP, 40000, WORLD_IP, 443);
    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens5", "ens5"));
    assertThat(leg.leaving()).isEqualTo(translated);
    assertThat(leg.tracked()).contains(new Tracked(packet, translated, 0x80));
    assertThat(why(leg.hops().getLast()))
        .anyMatch(line -> line.startsWith("AWS-CONNMARK-CHAIN-0 #2"))
        .contains("rule 1024 from all fwmark 0x80/0x80 lookup main")
        .anyMatch(line -> line.startsWith("AWS-SNAT-CHAIN-0 #2"));
    assertThat(leg.notes()).anyMatch(note -> note.contains("source port"));
  }

  @Test
  void fromEni_replyToTranslated_backToThePod() {
    FlowKey sent = tcp(DB_IP, 40000, WORLD_IP, 443);
    FlowKey translated = tcp(NODE_IP, 61000, WORLD_IP, 443);

    PredictedLeg leg =
        node.reply(PRIMARY, translated.reversed(), new Tracked(sent, translated, 0x80));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("shop/db-0"));
    assertThat(path(leg)).containsExactly("node-a ens5", "node-a eni0000000000b", "db-0 eth0");
    assertThat(leg.leaving()).isEqualTo(sent.reversed());
    assertThat(why(leg.hops().get(1)))
        .contains("rule 512 from all to 10.40.2.21 lookup main")
        .anyMatch(line -> line.startsWith("conntrack: "));
  }

  @Test
  void fromPod_toPodOfTheNode_crossesTwoVeths() {
    PredictedLeg leg = node.from(DB, tcp(DB_IP, 40000, WEB_IP, 8080));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("shop/web-0"));
    assertThat(path(leg))
        .containsExactly(
            "db-0 eth0", "node-a eni0000000000b", "node-a eni0000000000a", "web-0 eth0");
  }

  @Test
  void fromPod_toService_choicesAndAssumedFirst() {
    PredictedLeg leg = node.from(WEB, tcp(WEB_IP, 40000, "172.20.0.7", 5432));

    assertThat(leg.choices()).hasSize(2);
    assertThat(leg.choices().stream().map(choice -> choice.address().toString()))
        .containsExactlyInAnyOrder(DB_IP, FAR_IP);
    assertThat(leg.choices()).allMatch(choice -> choice.probability() == 0.5);
    assertThat(leg.choices().getFirst().why().toString()).contains("KUBE-SEP-DB");
    assertThat(leg.leaving().destination()).isEqualTo(leg.choices().getFirst().address());
    assertThat(leg.leaving().destinationPort()).isEqualTo(5432);
  }

  @Test
  void fromPod_toChosenEndpoint_byWhatConntrackHolds() {
    FlowKey packet = tcp(DB_IP, 40000, "172.20.0.7", 5432);
    Tracked elsewhere = new Tracked(packet, tcp(DB_IP, 40000, FAR_IP, 5432), 0);

    PredictedLeg leg =
        LegPredictor.predict(
            node.view(),
            new LegQuery(
                Direction.REQUEST, packet, new LegQuery.FromPod(DB), Optional.of(elsewhere), 0));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens6", "ens6"));
    assertThat(leg.leaving()).isEqualTo(elsewhere.after());
    assertThat(leg.tracked()).contains(elsewhere);
  }

  @Test
  void fromPod_replyOfService_routedByThePodsAddressAndUntranslatedBehind() {
    FlowKey asked = tcp(WORLD_IP, 50000, NODE_IP, 30007);
    FlowKey served = tcp(WORLD_IP, 50000, DB_IP, 5432);

    PredictedLeg leg =
        node.reply(new LegQuery.FromPod(DB), served.reversed(), new Tracked(asked, served, 0x80));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens5", "ens5"));
    assertThat(leg.leaving()).isEqualTo(asked.reversed());
    assertThat(why(leg.hops().getLast()))
        .contains("rule 1024 from all fwmark 0x80/0x80 lookup main");
  }

  @Test
  void fromEni_nodePortLocalPolicy_pinnedToPrimaryAndDelivered() {
    FlowKey packet = tcp(WORLD_IP, 50000, NODE_IP, 30007);

    PredictedLeg leg = node.request(PRIMARY, packet);

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("shop/db-0"));
    assertThat(leg.tracked())
        .contains(new Tracked(packet, tcp(WORLD_IP, 50000, DB_IP, 5432), 0x80));
  }

  @Test
  void fromEni_nodePortClusterPolicyElsewhere_masqueradedAndOutAgain() {
    FlowKey packet = tcp(WORLD_IP, 50000, NODE_IP, 30066);

    PredictedLeg leg = node.request(PRIMARY, packet);

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens5", "ens5"));
    assertThat(leg.leaving()).isEqualTo(tcp(NODE_IP, 50000, FAR_IP, 8080));
    assertThat(path(leg)).containsExactly("node-a ens5", "node-a ens5");
  }

  @Test
  void fromEni_replyOfMasqueraded_backToTheClientUnderTheNodesAddress() {
    FlowKey asked = tcp(WORLD_IP, 50000, NODE_IP, 30066);
    FlowKey served = tcp(NODE_IP, 50000, FAR_IP, 8080);

    PredictedLeg leg = node.reply(PRIMARY, served.reversed(), new Tracked(asked, served, 0x80));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens5", "ens5"));
    assertThat(leg.leaving()).isEqualTo(asked.reversed());
  }

  @Test
  void fromEni_toPodByItsAddress_delivered() {
    PredictedLeg leg = node.request(SECONDARY, tcp(WORLD_IP, 50000, DB_IP, 5432));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("shop/db-0"));
    assertThat(leg.leaving()).isEqualTo(leg.entering());
  }

  @Test
  void fromEni_toTheNode_arrivesAtTheNode() {
    PredictedLeg leg = node.request(PRIMARY, tcp(FAR_IP, 50000, NODE_IP, 10250));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("node-a"));
    assertThat(path(leg)).containsExactly("node-a ens5");
    assertThat(leg.tracked().orElseThrow().mark()).isEqualTo(0x80);
  }

  @Test
  void fromNode_toServiceElsewhere_translatedAndOut() {
    PredictedLeg leg = node.request(new LegQuery.FromNode(), tcp(NODE_IP, 45000, "172.20.0.6", 80));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens5", "ens5"));
    assertThat(leg.leaving()).isEqualTo(tcp(NODE_IP, 45000, FAR_IP, 8080));
  }

  @Test
  void fromNode_toPod_overItsVeth() {
    PredictedLeg leg = node.request(new LegQuery.FromNode(), tcp(NODE_IP, 45000, WEB_IP, 8080));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("shop/web-0"));
    assertThat(path(leg)).containsExactly("node-a eni0000000000a", "web-0 eth0");
  }

  @Test
  void fromNode_toItself_arrives() {
    PredictedLeg leg = node.request(new LegQuery.FromNode(), tcp(NODE_IP, 45000, NODE_IP, 10250));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("node-a"));
    assertThat(leg.hops()).isEmpty();
  }

  @Test
  void fromNode_tcpToItsNodePort_translatedToThePod() {
    PredictedLeg leg = node.request(new LegQuery.FromNode(), tcp(NODE_IP, 45000, NODE_IP, 30007));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("shop/db-0"));
    assertThat(leg.leaving().destination().toString()).isEqualTo(DB_IP);
  }

  @Test
  void fromPod_onBranchEni_leavesByItsVlanEvenToTheSameNode() {
    PredictedLeg leg = node.from(CARD, tcp(CARD_IP, 40000, WEB_IP, 8080));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("vlan.eth.4", "vlan.eth.4"));
    assertThat(leg.hops().getLast().point().role()).isEqualTo(Role.BRANCH_ENI);
    assertThat(why(leg.hops().getLast()))
        .contains("rule 10 from all iif vlan0000000000c lookup 104");
  }

  @Test
  void fromPod_onBranchEniToWorld_notTranslated() {
    PredictedLeg leg = node.from(CARD, tcp(CARD_IP, 40000, WORLD_IP, 443));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("vlan.eth.4", "vlan.eth.4"));
    assertThat(leg.leaving()).isEqualTo(leg.entering());
  }

  @Test
  void fromEni_ofBranch_deliveredToItsPod() {
    PredictedLeg leg = node.request(BRANCH, tcp(WEB_IP, 40000, CARD_IP, 9000));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("shop/card-0"));
    assertThat(path(leg))
        .containsExactly("node-a vlan.eth.4", "node-a vlan0000000000c", "card-0 eth0");
  }

  @Test
  void fromPod_ipv6_byThePrimaryWithoutTranslation() {
    PredictedLeg leg = node.from(WEB, tcp("2001:db8:40:1::a", 40000, "2001:db8:99::1", 443));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens5", "ens5"));
    assertThat(leg.leaving()).isEqualTo(leg.entering());
    assertThat(path(leg)).containsExactly("web-0 eth0", "node-a eni0000000000a", "node-a ens5");
  }

  @Test
  void fromEni_ipv6ToPod_delivered() {
    PredictedLeg leg = node.request(PRIMARY, tcp("2001:db8:99::1", 443, "2001:db8:40:1::a", 8080));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Arrives("shop/web-0"));
  }

  @Test
  void fromPod_withoutItsInside_saidAndGoesOn() {
    node.insides.clear();

    PredictedLeg leg = node.from(DB, tcp(DB_IP, 40000, FAR_IP, 8080));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens6", "ens6"));
    assertThat(leg.notes()).anyMatch(note -> note.contains("shop/db-0 was not read"));
  }

  @Test
  void predict_unknownPodOrInterface_refused() {
    FlowKey packet = tcp(DB_IP, 40000, FAR_IP, 8080);

    assertThatThrownBy(() -> node.from(new PodRef("shop", "none"), packet))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shop/none");
    assertThatThrownBy(() -> node.request(new LegQuery.FromEni("ens9"), packet))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ens9");
  }
}
