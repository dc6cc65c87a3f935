package io.podhop.agent.predict;

import static io.podhop.agent.predict.Fates.dies;
import static io.podhop.agent.predict.Fates.lines;
import static io.podhop.agent.predict.TextNode.DB;
import static io.podhop.agent.predict.TextNode.DB_IP;
import static io.podhop.agent.predict.TextNode.FAR_IP;
import static io.podhop.agent.predict.TextNode.NODE_IP;
import static io.podhop.agent.predict.TextNode.WEB;
import static io.podhop.agent.predict.TextNode.WEB_IP;
import static io.podhop.agent.predict.TextNode.WORLD_IP;
import static io.podhop.agent.predict.TextNode.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.LegQuery;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Tracked;
import io.podhop.model.Verdict;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a node makes of a packet when something else is broken, and whether it says what. */
class LegFaultsTest {
  private static final LegQuery.Entry PRIMARY = new LegQuery.FromEni("ens5");
  private static final LegQuery.Entry SECONDARY = new LegQuery.FromEni("ens6");
  private static final FlowKey DB_TO_FAR = tcp(DB_IP, 40000, FAR_IP, 8080);
  private static final FlowKey WORLD_TO_DB = tcp(WORLD_IP, 50000, DB_IP, 5432);

  private final TextNode node = new TextNode();

  @Test
  void podsDefaultRouteMissing_lostInPod() {
    node.insides.get(DB).routes.cut("default");

    PredictedLeg.Dies dies =
        dies(
            node.from(DB, DB_TO_FAR), Verdict.Id.LOST_IN_POD, "db-0 eth0", "node-a eni0000000000b");

    assertThat(dies.cause()).contains("no route to 10.40.33.7");
  }

  @Test
  void podsDefaultRouteMissing_ipv6_lostInPod() {
    node.insides.get(WEB).routes6.cut("default");

    dies(
        node.from(WEB, tcp("2001:db8:40:1::a", 40000, "2001:db8:99::1", 443)),
        Verdict.Id.LOST_IN_POD,
        "web-0 eth0",
        "node-a eni0000000000a");
  }

  @Test
  void staticArpWrong_seenAtTheVethAndNoFurther() {
    node.insides
        .get(DB)
        .neighbours
        .replace("169.254.1.1 dev eth0 lladdr 0a", "169.254.1.1 dev eth0 lladdr 0c");

    PredictedLeg leg = node.from(DB, DB_TO_FAR);

    PredictedLeg.Dies dies =
        dies(leg, Verdict.Id.LOST_ON_NODE, "node-a eni0000000000b", "node-a ens6");
    assertThat(dies.cause()).contains("0c:00:00:00:00:0b", "0a:00:00:00:00:0b");
    assertThat(lines(dies.why()))
        .contains("169.254.1.1 dev eth0 lladdr 0c:00:00:00:00:0b PERMANENT");
  }

  @Test
  void staticArpMissing_nobodyAnswersThePod() {
    node.insides.get(DB).neighbours.cut("169.254.1.1");
    node.sysctls.add("net.ipv4.conf.all.proxy_arp = 0");
    node.sysctls.add("net.ipv4.conf.eni0000000000b.proxy_arp = 0");

    PredictedLeg.Dies dies =
        dies(
            node.from(DB, DB_TO_FAR), Verdict.Id.LOST_IN_POD, "db-0 eth0", "node-a eni0000000000b");

    assertThat(dies.cause()).contains("no neighbour entry of its gateway 169.254.1.1");
  }

  @Test
  void staticNeighbourWrong_ipv6_seenAtTheVethAndNoFurther() {
    node.insides
        .get(WEB)
        .neighbours
        .replace("fe80::1 dev eth0 lladdr 0a", "fe80::1 dev eth0 lladdr 0c");

    dies(
        node.from(WEB, tcp("2001:db8:40:1::a", 40000, "2001:db8:99::1", 443)),
        Verdict.Id.LOST_ON_NODE,
        "node-a eni0000000000a",
        "node-a ens5");
  }

  @Test
  void podsInterfaceDown_lostInPodOutAndOnNodeIn() {
    node.insides.get(DB).addresses.replace("MULTICAST,UP,LOWER_UP", "MULTICAST");
    dies(node.from(DB, DB_TO_FAR), Verdict.Id.LOST_IN_POD, "db-0 eth0", "node-a eni0000000000b");

    node.addresses.replace(
        "eni0000000000b@if3: <BROADCAST,MULTICAST,UP,LOWER_UP>",
        "eni0000000000b@if3: <NO-CARRIER,BROADCAST,MULTICAST,UP>");
    dies(
        node.request(SECONDARY, WORLD_TO_DB),
        Verdict.Id.LOST_ON_NODE,
        "node-a ens6",
        "node-a eni0000000000b");
  }

  @Test
  void hostVethDown_lostInPod() {
    node.insides.clear();
    node.addresses.replace(
        "eni0000000000b@if3: <BROADCAST,MULTICAST,UP,LOWER_UP>",
        "eni0000000000b@if3: <BROADCAST,MULTICAST>");

    PredictedLeg.Dies dies =
        dies(
            node.from(DB, DB_TO_FAR), Verdict.Id.LOST_IN_POD, "db-0 eth0", "node-a eni0000000000b");

    assertThat(dies.cause()).contains("eni0000000000b");
  }

  @Test
  void notForwarding_podsLoseAndTheNodeDoesNot() {
    node.sysctls.replace("eni0000000000b.forwarding = 1", "eni0000000000b.forwarding = 0");

    PredictedLeg.Dies dies =
        dies(
            node.from(DB, DB_TO_FAR),
            Verdict.Id.LOST_ON_NODE,
            "node-a eni0000000000b",
            "node-a ens6");

    assertThat(dies.cause()).contains("net.ipv4.conf.eni0000000000b.forwarding = 0");
    assertThat(node.request(new LegQuery.FromNode(), tcp(NODE_IP, 1, FAR_IP, 80)).fate())
        .isEqualTo(new PredictedLeg.Leaves("ens5", "ens5"));
  }

  @Test
  void notForwarding_ipv6_lostOnNode() {
    node.sysctls.replace("net.ipv6.conf.all.forwarding = 1", "net.ipv6.conf.all.forwarding = 0");

    PredictedLeg.Dies dies =
        dies(
            node.from(WEB, tcp("2001:db8:40:1::a", 40000, "2001:db8:99::1", 443)),
            Verdict.Id.LOST_ON_NODE,
            "node-a eni0000000000a",
            "node-a ens5");

    assertThat(dies.advice()).contains("net.ipv6.conf.all.forwarding=1");
  }

  @Test
  void sysctlsNotRead_forwardingTakenForGrantedAndSaid() {
    node.sysctls.value = "";

    PredictedLeg leg = node.from(DB, DB_TO_FAR);

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens6", "ens6"));
    assertThat(leg.notes()).anyMatch(note -> note.contains("forwarding was not read"));
  }

  @Test
  void forwardPolicyDrop_firewallDrop() {
    node.filter.replace(":FORWARD ACCEPT", ":FORWARD DROP");

    PredictedLeg.Dies dies =
        dies(
            node.from(DB, DB_TO_FAR),
            Verdict.Id.FIREWALL_DROP,
            "node-a eni0000000000b",
            "node-a ens6");

    assertThat(dies.cause()).contains("policy of chain FORWARD of table filter is DROP");
    assertThat(dies.advice()).contains("iptables -P FORWARD ACCEPT");
  }

  @Test
  void ruleDrops_firewallDropWithItsText() {
    node.filter.replace(
        ":OUTPUT ACCEPT [0:0]\n",
        ":OUTPUT ACCEPT [0:0]\n-A FORWARD -s 10.40.2.21/32 -p tcp -m tcp --dport 8080 -j DROP\n");

    PredictedLeg leg = node.from(DB, DB_TO_FAR);

    PredictedLeg.Dies dies =
        dies(leg, Verdict.Id.FIREWALL_DROP, "node-a eni0000000000b", "node-a ens6");
    assertThat(lines(dies.why()))
        .isEqualTo("FORWARD #1 -s 10.40.2.21/32 -p tcp -m tcp --dport 8080 -j DROP");
    assertThat(leg.tracked()).isEmpty();
  }

  @Test
  void ruleRejects_requestRefusedAndReplyDropped() {
    node.filter.replace(
        ":OUTPUT ACCEPT [0:0]\n",
        ":OUTPUT ACCEPT [0:0]\n-A FORWARD -s 10.40.2.21/32 -j REJECT --reject-with tcp-reset\n");

    PredictedLeg.Dies there =
        dies(node.from(DB, DB_TO_FAR), Verdict.Id.REFUSED, "node-a eni0000000000b", "node-a ens6");
    assertThat(there.cause()).contains("rejects", "-j REJECT --reject-with tcp-reset");

    FlowKey asked = tcp(FAR_IP, 50000, DB_IP, 5432);
    dies(
        node.reply(new LegQuery.FromPod(DB), asked.reversed(), new Tracked(asked, asked, 0)),
        Verdict.Id.FIREWALL_DROP,
        "node-a eni0000000000b",
        "node-a ens6");
  }

  @Test
  void ruleOfIpv6Drops_firewallDrop() {
    node.filter6.replace(":FORWARD ACCEPT", ":FORWARD DROP");

    dies(
        node.from(WEB, tcp("2001:db8:40:1::a", 40000, "2001:db8:99::1", 443)),
        Verdict.Id.FIREWALL_DROP,
        "node-a eni0000000000a",
        "node-a ens5");
  }

  @Test
  void inputDrops_firewallDropAtTheNode() {
    node.filter.replace(":INPUT ACCEPT", ":INPUT DROP");

    dies(
        node.request(PRIMARY, tcp(FAR_IP, 50000, NODE_IP, 10250)),
        Verdict.Id.FIREWALL_DROP,
        "node-a ens5",
        "node-a");
  }

  @Test
  void serviceWithoutEndpoints_refused() {
    PredictedLeg.Dies dies =
        dies(
            node.from(WEB, tcp(WEB_IP, 40000, "172.20.0.9", 80)),
            Verdict.Id.REFUSED,
            "node-a eni0000000000a",
            "node-a ens5");

    assertThat(dies.cause()).contains("service shop/gone:http has no endpoints");
  }

  @Test
  void blackholeRoute_lostOnNode() {
    node.routes.add("blackhole 10.40.33.0/24");
    node.routes.add("blackhole 10.40.33.0/24 table 2");

    PredictedLeg.Dies dies =
        dies(
            node.from(DB, DB_TO_FAR),
            Verdict.Id.LOST_ON_NODE,
            "node-a eni0000000000b",
            "node-a ens6");

    assertThat(lines(dies.why())).contains("table 2: blackhole 10.40.33.0/24");
  }

  @Test
  void unreachableRoute_refusedByIcmp() {
    node.routes.add("unreachable 10.40.33.0/24 table 2");

    dies(node.from(DB, DB_TO_FAR), Verdict.Id.REFUSED, "node-a eni0000000000b", "node-a ens6");
  }

  @Test
  void neighbourFailed_lostBeforeTheEni() {
    node.neighbours.add("10.40.0.1 dev ens6 FAILED");

    PredictedLeg leg = node.from(DB, DB_TO_FAR);

    PredictedLeg.Dies dies =
        dies(leg, Verdict.Id.LOST_ON_NODE, "node-a eni0000000000b", "node-a ens6");
    assertThat(dies.cause()).contains("nobody answers on ens6 for 10.40.0.1");
    assertThat(lines(dies.why())).contains("10.40.0.1 dev ens6 FAILED");
  }

  @Test
  void neighbourBeingAsked_unclear() {
    node.neighbours.add("10.40.0.1 dev ens6 INCOMPLETE");

    assertThat(node.from(DB, DB_TO_FAR).fate()).isInstanceOf(PredictedLeg.Unclear.class);
  }

  @Test
  void eniDown_lostOnNode() {
    node.addresses.replace(
        "ens6: <BROADCAST,MULTICAST,UP,LOWER_UP>", "ens6: <NO-CARRIER,BROADCAST,MULTICAST,UP>");

    dies(node.from(DB, DB_TO_FAR), Verdict.Id.LOST_ON_NODE, "node-a eni0000000000b", "node-a ens6");
  }

  @Test
  void unknownMatchDecides_unclearWithTheRule() {
    node.filter.replace(
        ":OUTPUT ACCEPT [0:0]\n",
        ":OUTPUT ACCEPT [0:0]\n-A FORWARD -m bpf --object-pinned /x -j DROP\n");

    PredictedLeg.Fate fate = node.from(DB, DB_TO_FAR).fate();

    assertThat(fate).isInstanceOf(PredictedLeg.Unclear.class);
    assertThat(((PredictedLeg.Unclear) fate).because()).contains("FORWARD #1", "-m bpf");
  }

  @Test
  void answerWithoutConnection_invalidToRules() {
    node.filter.replace(
        ":OUTPUT ACCEPT [0:0]\n",
        ":OUTPUT ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\n");

    PredictedLeg leg =
        LegPredictor.predict(
            node.view(),
            new LegQuery(
                Direction.REPLY, DB_TO_FAR, new LegQuery.FromPod(DB), Optional.empty(), 0));

    dies(leg, Verdict.Id.FIREWALL_DROP, "node-a eni0000000000b", "node-a ens6");
  }
}
