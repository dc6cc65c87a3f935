package io.podhop.agent.predict;

import static io.podhop.agent.predict.Fates.dies;
import static io.podhop.agent.predict.Fates.lines;
import static io.podhop.agent.predict.TextNode.DB;
import static io.podhop.agent.predict.TextNode.DB_IP;
import static io.podhop.agent.predict.TextNode.FAR_IP;
import static io.podhop.agent.predict.TextNode.NODE_IP;
import static io.podhop.agent.predict.TextNode.WEB_IP;
import static io.podhop.agent.predict.TextNode.WORLD_IP;
import static io.podhop.agent.predict.TextNode.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.FlowKey;
import io.podhop.model.LegQuery;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Tracked;
import io.podhop.model.Verdict;
import org.junit.jupiter.api.Test;

/**
 * What a node makes of a packet when rules or routes of the CNI are missing, and whether it says
 * which.
 */
class RoutingFaultsTest {
  private static final LegQuery.Entry PRIMARY = new LegQuery.FromEni("ens5");
  private static final LegQuery.Entry SECONDARY = new LegQuery.FromEni("ens6");
  private static final FlowKey DB_TO_FAR = tcp(DB_IP, 40000, FAR_IP, 8080);
  private static final FlowKey WORLD_TO_DB = tcp(WORLD_IP, 50000, DB_IP, 5432);
  private static final FlowKey DB_TO_WORLD = tcp(DB_IP, 40000, WORLD_IP, 443);

  /** A connection from the world to NodePort 30007, with this mark. */
  private static Tracked nodePort(int mark) {
    return new Tracked(tcp(WORLD_IP, 50000, NODE_IP, 30007), WORLD_TO_DB, mark);
  }

  private final TextNode node = new TextNode();

  @Test
  void rule1536Missing_intoVpc_leavesByPrimaryWithAnothersAddress() {
    node.rules.cut("1536:");

    PredictedLeg leg = node.from(DB, DB_TO_FAR);

    PredictedLeg.Dies dies = dies(leg, Verdict.Id.WRONG_ENI, "node-a ens5", "");
    assertThat(dies.cause())
        .contains("belongs to ens6 (eni-6)", "rule 1536 (from 10.40.2.21 lookup 2) is missing");
    assertThat(lines(dies.why())).contains("ens6 (eni-6) has 10.40.2.16/28", "default via");
    assertThat(leg.hops().getLast().point().label()).isEqualTo("node-a ens5");
  }

  @Test
  void rule1536Missing_toWorldAndInside_stillWell() {
    node.rules.cut("1536:");

    assertThat(node.from(DB, DB_TO_WORLD).fate())
        .isEqualTo(new PredictedLeg.Leaves("ens5", "ens5"));
    assertThat(node.from(DB, tcp(DB_IP, 1, WEB_IP, 80)).fate())
        .isEqualTo(new PredictedLeg.Arrives("shop/web-0"));
  }

  @Test
  void rule1536Missing_withoutIpamdsStore_stillKnownByTheLog() {
    node.rules.cut("1536:");
    node.enis.value = "";

    dies(node.from(DB, DB_TO_FAR), Verdict.Id.WRONG_ENI, "node-a ens5", "");
  }

  @Test
  void rule1536ToAnotherTable_saidSo() {
    node.rules.replace("from 10.40.2.21 lookup 2", "from 10.40.2.21 lookup 3");
    node.routes.add("default via 10.40.0.1 dev ens5 table 3");

    PredictedLeg.Dies dies =
        dies(node.from(DB, DB_TO_FAR), Verdict.Id.WRONG_ENI, "node-a ens5", "");

    assertThat(dies.cause()).contains("leads to the table of another ENI");
  }

  @Test
  void ruleOfEnisOwnAddressMissing_fromNode_namesThatRule() {
    node.rules.cut("32765:");

    PredictedLeg.Dies dies =
        dies(
            node.request(new LegQuery.FromNode(), tcp("10.40.0.20", 45000, FAR_IP, 8080)),
            Verdict.Id.WRONG_ENI,
            "node-a ens5",
            "");

    assertThat(dies.cause()).contains("rule 32765 (from 10.40.0.20 lookup 2) is missing");
  }

  @Test
  void branchRuleMissing_outOfPod_namesThatRule() {
    node.rules.cut("iif vlan0000000000c");
    node.routes.add("10.40.3.31 dev vlan0000000000c scope link");

    PredictedLeg.Dies dies =
        dies(
            node.from(TextNode.CARD, tcp(TextNode.CARD_IP, 40000, FAR_IP, 8080)),
            Verdict.Id.WRONG_ENI,
            "node-a ens5",
            "");

    assertThat(dies.cause())
        .contains("rule 10 (from all iif vlan0000000000c lookup 104) is missing");
  }

  @Test
  void rule512Missing_fromPodOnSecondary_leavesByItsOwnEni() {
    node.rules.cut("to 10.40.1.11 lookup");

    PredictedLeg there = node.from(DB, tcp(DB_IP, 40000, WEB_IP, 8080));

    assertThat(there.fate()).isEqualTo(new PredictedLeg.Leaves("ens6", "ens6"));
    // The VPC brings it to the ENI of its destination, and the node sends it out again.
    PredictedLeg again = node.request(PRIMARY, there.leaving());
    assertThat(again.fate()).isEqualTo(new PredictedLeg.Leaves("ens6", "ens6"));
    assertThat(again.leaving()).isEqualTo(there.leaving());
  }

  @Test
  void rule1024Missing_toWorld_leavesBySecondaryWithThePrimarysAddress() {
    node.rules.cut("1024:");

    PredictedLeg.Dies dies =
        dies(node.from(DB, DB_TO_WORLD), Verdict.Id.WRONG_ENI, "node-a ens6", "");

    assertThat(dies.cause())
        .contains("10.40.0.10, which belongs to ens5 (eni-5)", "rule 1024", "is missing");
  }

  @Test
  void connmarkRulesMissing_toWorld_noRuleMarksIt() {
    node.nat.cut("CONNMARK");

    PredictedLeg.Dies dies =
        dies(node.from(DB, DB_TO_WORLD), Verdict.Id.WRONG_ENI, "node-a ens6", "");

    assertThat(dies.cause()).contains("no rule marks the connection");
  }

  @Test
  void mangleRestoreMissing_replyOfNodePort_markNotRestored() {
    node.mangle.cut("-i eni+");

    PredictedLeg.Dies dies =
        dies(
            node.reply(new LegQuery.FromPod(DB), WORLD_TO_DB.reversed(), nodePort(0x80)),
            Verdict.Id.WRONG_ENI,
            "node-a ens6",
            "");

    assertThat(dies.cause()).contains("no rule restores the connection's mark");
  }

  @Test
  void mangleMarkMissing_nodePort_trackedWithoutMarkAndReplyLost() {
    node.mangle.cut("-i ens5");

    PredictedLeg there = node.request(PRIMARY, nodePort(0).before());
    assertThat(there.tracked()).contains(nodePort(0));

    PredictedLeg.Dies dies =
        dies(
            node.reply(
                new LegQuery.FromPod(DB), WORLD_TO_DB.reversed(), there.tracked().orElseThrow()),
            Verdict.Id.WRONG_ENI,
            "node-a ens6",
            "");
    assertThat(dies.cause()).contains("no rule marks the connection");
  }

  @Test
  void connmarkBeforeKubeServices_toService_markedByTheServicesAddress() {
    node.nat.cut("-A PREROUTING -m comment --comment \"kubernetes service portals\"");
    node.nat.replace(Rules.RESTORE, Rules.RESTORE + Rules.KUBE_JUMP);

    PredictedLeg.Dies dies =
        dies(
            node.from(DB, tcp(DB_IP, 40000, "172.20.0.6", 80)),
            Verdict.Id.WRONG_ENI,
            "node-a ens5",
            "");

    assertThat(dies.cause())
        .contains("AWS-CONNMARK-CHAIN-0 stands before KUBE-SERVICES", "belongs to ens6");
  }

  @Test
  void onlyTheMarkBeforeKubeServices_toService_laterPacketsGoAnotherWay() {
    node.nat.cut("AWS, outbound connections");
    node.nat.replace(Rules.KUBE_JUMP, Rules.CONNMARK_JUMP + Rules.KUBE_JUMP);

    PredictedLeg leg = node.from(DB, tcp(DB_IP, 40000, "172.20.0.6", 80));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens6", "ens6"));
    assertThat(leg.notes())
        .anyMatch(
            note ->
                note.contains("later packets of the connection go another way")
                    && note.contains("AWS-CONNMARK-CHAIN-0 stands before KUBE-SERVICES"));
  }

  @Test
  void oldRuleToVpc_replyToWorld_leavesByPrimary() {
    node.rules.replace("from 10.40.2.21 lookup 2", "from 10.40.2.21 to 10.40.0.0/16 lookup 2");

    PredictedLeg.Dies dies =
        dies(
            node.reply(
                new LegQuery.FromPod(DB),
                WORLD_TO_DB.reversed(),
                new Tracked(WORLD_TO_DB, WORLD_TO_DB, 0)),
            Verdict.Id.WRONG_ENI,
            "node-a ens5",
            "");

    assertThat(dies.cause())
        .contains("rule 1536 (from 10.40.2.21 to 10.40.0.0/16 lookup 2)", "1.7 and before");
  }

  @Test
  void oldRuleToVpcAndStrictFilter_fromWorld_rpFilter() {
    node.rules.replace("from 10.40.2.21 lookup 2", "from 10.40.2.21 to 10.40.0.0/16 lookup 2");
    node.sysctls.replace("ens6.rp_filter = 2", "ens6.rp_filter = 1");

    dies(
        node.request(SECONDARY, WORLD_TO_DB),
        Verdict.Id.RP_FILTER,
        "node-a ens6",
        "node-a eni0000000000b");
  }

  @Test
  void strictFilterOnPrimary_nodePortOfPodOnSecondary_rpFilter() {
    node.sysctls.replace("ens5.rp_filter = 2", "ens5.rp_filter = 1");

    PredictedLeg.Dies dies =
        dies(
            node.request(PRIMARY, nodePort(0).before()),
            Verdict.Id.RP_FILTER,
            "node-a ens5",
            "node-a eni0000000000b");

    assertThat(dies.cause()).contains("IPReversePathFilter", "the way back to it is by ens6");
    assertThat(lines(dies.why())).contains("net.ipv4.conf.ens5.rp_filter = 1");
    assertThat(dies.advice()).contains("ens5.rp_filter=2");
  }

  @Test
  void hostRouteMissing_intoPod_sentOutAgain() {
    node.routes.cut("10.40.2.21 dev");

    PredictedLeg.Dies dies =
        dies(
            node.request(SECONDARY, tcp(FAR_IP, 50000, DB_IP, 5432)),
            Verdict.Id.LOST_ON_NODE,
            "node-a ens5",
            "node-a eni0000000000b");

    assertThat(dies.cause()).contains("no route leads to eni0000000000b of shop/db-0");
  }

  @Test
  void hostRouteMissing_outOfPod_rpFilterOnItsVeth() {
    node.routes.cut("10.40.2.21 dev");

    PredictedLeg.Dies dies =
        dies(
            node.from(DB, DB_TO_FAR), Verdict.Id.RP_FILTER, "node-a eni0000000000b", "node-a ens6");

    assertThat(dies.cause()).contains("loose mode is strict");
    assertThat(dies.advice()).contains("restore the route to 10.40.2.21 by eni0000000000b");
  }

  @Test
  void sysctlsNotRead_whereTheFilterDecides_unclear() {
    node.sysctls.value = "";

    PredictedLeg.Fate fate = node.request(PRIMARY, nodePort(0).before()).fate();

    assertThat(fate).isInstanceOf(PredictedLeg.Unclear.class);
    assertThat(((PredictedLeg.Unclear) fate).because()).contains("rp_filter");
  }

  @Test
  void eniDetached_sourceOfNoEni() {
    node.routes.cut("dev ens6");

    PredictedLeg.Dies dies =
        dies(node.from(DB, DB_TO_FAR), Verdict.Id.WRONG_ENI, "node-a ens5", "");

    assertThat(dies.cause()).contains("no ENI of this node has", "detached");
  }

  @Test
  void storeUnknownAndNoName_leavesWithoutAnOwner() {
    node.enis.value = "";

    PredictedLeg leg = node.request(SECONDARY, tcp(WORLD_IP, 50000, "10.40.77.1", 80));

    assertThat(leg.fate()).isEqualTo(new PredictedLeg.Leaves("ens5", ""));
    assertThat(leg.notes()).anyMatch(note -> note.contains("not all addresses of ens5 are known"));
  }
}
