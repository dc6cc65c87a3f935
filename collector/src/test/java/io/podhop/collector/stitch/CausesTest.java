package io.podhop.collector.stitch;

import static io.podhop.model.Direction.REPLY;
import static io.podhop.model.Direction.REQUEST;
import static io.podhop.model.PacketKind.ICMP_ERROR;
import static io.podhop.model.PacketKind.SYN;
import static io.podhop.model.PacketKind.SYN_ACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.Shop;
import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeEvidence;
import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.NodeEvidence.KernelDrop;
import io.podhop.model.NodeEvidence.Socket;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Protocol;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import io.podhop.model.Verdict.Place;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CausesTest {
  private static final Place AT_VETH = new Place("node-a eniweb", "node-a eth1");
  private static final Citation RULE =
      new Citation(Citation.Source.IPTABLES, "filter/HOST", 3, "-d 192.168.33.7 -j DROP");

  private static Scene lost() {
    return Scene.webToDb().pass(REQUEST, SYN, 0, 3, Shop.WEB_POD, Shop.WEB_VETH);
  }

  private static Scene unanswered() {
    return Scene.webToDb().pass(REQUEST, SYN, 0, 3, Scene.there());
  }

  /** What a node looked up, part by part. */
  private record Evidence(
      List<CounterChange> counters,
      List<KernelDrop> drops,
      List<Socket> sockets,
      List<Citation> policy,
      List<Citation> settings) {
    static final Evidence NONE =
        new Evidence(List.of(), List.of(), List.of(), List.of(), List.of());

    static Evidence drop(String reason) {
      return drop(reason, Scene.START);
    }

    static Evidence drop(String reason, long timeNs) {
      KernelDrop drop = new KernelDrop(reason, "ip_rcv_finish", "eniweb", timeNs, 60, "node");
      return new Evidence(List.of(), List.of(drop), List.of(), List.of(), List.of());
    }

    Evidence moved(String scope, String name, long moved) {
      CounterChange change = new CounterChange(scope, name, 5, 5 + moved);
      return new Evidence(List.of(change), drops, sockets, policy, settings);
    }

    Evidence socket(Socket socket) {
      return new Evidence(counters, drops, List.of(socket), policy, settings);
    }

    Evidence denied(String line) {
      Citation citation = new Citation(Citation.Source.NOTE, "agent.log", 0, line);
      return new Evidence(counters, drops, sockets, List.of(citation), settings);
    }

    Evidence set(String... lines) {
      List<Citation> all =
          List.of(lines).stream()
              .map(line -> new Citation(Citation.Source.NOTE, "sysctl", 0, line))
              .toList();
      return new Evidence(counters, drops, sockets, policy, all);
    }

    NodeEvidence on(String node) {
      return new NodeEvidence(
          node, counters, drops, sockets, List.of("shop/db"), policy, settings, List.of());
    }
  }

  private static PredictedLeg leg(String node, Direction direction, PredictedLeg.Fate fate) {
    var key = direction == REQUEST ? lost().client() : lost().client().reversed();
    return new PredictedLeg(
        node, direction, key, List.of(), fate, key, Optional.empty(), List.of(), 0, List.of());
  }

  private static PredictedLeg dying(Verdict.Id id, Place place) {
    return leg(
        Shop.NODE_A,
        REQUEST,
        new PredictedLeg.Dies(
            id, place, "rule 3 of HOST drops it", List.of(RULE), "remove rule 3"));
  }

  private static PredictedLeg passing() {
    return leg(Shop.NODE_A, REQUEST, new PredictedLeg.Leaves("eth1", "eth1"));
  }

  private static Verdict verdict(Scene scene, List<PredictedLeg> legs, NodeEvidence... looked) {
    TraceContext c = StitchedScene.context(scene, List.of(), Optional.empty(), Map.of());
    TraceContext context =
        new TraceContext(
            c.protocol(),
            c.source(),
            c.destination(),
            c.targets(),
            c.missingNodes(),
            c.attempt(),
            c.notes(),
            legs,
            List.of(looked),
            c.offsets());
    return Stitcher.stitch(scene.segments(), scene.armed(), context).trace().verdict();
  }

  private static Verdict lostWith(Evidence evidence, PredictedLeg... legs) {
    return verdict(lost(), List.of(legs), evidence.on(Shop.NODE_A));
  }

  @ParameterizedTest
  @CsvSource({
    "IP_RPFILTER, RP_FILTER",
    "NETFILTER_DROP, FIREWALL_DROP",
    "TC_INGRESS, FIREWALL_DROP",
    "NEIGH_FAILED, LOST_ON_NODE",
    "OTHERHOST, LOST_ON_NODE",
    "IP_INNOROUTES, LOST_ON_NODE",
    "IP_INADDRERRORS, LOST_ON_NODE"
  })
  void cause_kernelToldOfTheDrop_isProven(String reason, Verdict.Id id) {
    Verdict verdict = lostWith(Evidence.drop(reason));
    assertThat(verdict.id()).isEqualTo(id);
    assertThat(verdict.place()).isEqualTo(AT_VETH);
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
    assertThat(verdict.evidence().getFirst()).contains(reason).contains("node-a");
    assertThat(verdict.advice()).isNotBlank();
  }

  @Test
  void cause_dropOfAnotherTimeOrNode_isNotThisPackets() {
    long before = Scene.START - 1_000_000_000;
    assertThat(lostWith(Evidence.drop("IP_RPFILTER", before)).id())
        .isEqualTo(Verdict.Id.LOST_ON_NODE);
    Verdict elsewhere = verdict(lost(), List.of(), Evidence.drop("IP_RPFILTER").on(Shop.NODE_B));
    assertThat(elsewhere.id()).isEqualTo(Verdict.Id.LOST_ON_NODE);
  }

  @ParameterizedTest
  @CsvSource({
    "TcpExtIPReversePathFilter, RP_FILTER",
    "insert_failed, SNAT_EXHAUSTED",
    "drop, CONNTRACK_FULL",
    "early_drop, CONNTRACK_FULL"
  })
  void cause_onlyACounterOfTheNodeMoved_isACandidate(String name, Verdict.Id id) {
    Verdict verdict = lostWith(Evidence.NONE.moved("node", name, 3));
    assertThat(verdict.id()).isEqualTo(id);
    assertThat(verdict.grade()).isEqualTo(Grade.UNPROVEN);
    assertThat(verdict.evidence().getFirst()).contains(name);
    assertThat(lostWith(Evidence.NONE.moved("node", name, 2)).id())
        .as("fewer than vanished")
        .isEqualTo(Verdict.Id.LOST_ON_NODE);
  }

  @Test
  void cause_netfilterDropThatNoRuleExplains_isTheTableWhoseCounterMoved() {
    Evidence evidence = Evidence.drop("NETFILTER_DROP").moved("node", "insert_failed", 3);
    Verdict excluded = lostWith(evidence, passing());
    assertThat(excluded.id()).isEqualTo(Verdict.Id.SNAT_EXHAUSTED);
    assertThat(excluded.grade()).isEqualTo(Grade.PROVEN);
    assertThat(excluded.evidence()).anyMatch(l -> l.contains("NETFILTER_DROP"));
    assertThat(lostWith(evidence).grade()).as("rules unknown").isEqualTo(Grade.UNPROVEN);
    Verdict ruled = lostWith(evidence, dying(Verdict.Id.FIREWALL_DROP, AT_VETH));
    assertThat(ruled.id()).isEqualTo(Verdict.Id.FIREWALL_DROP);
    assertThat(ruled.grade()).isEqualTo(Grade.PROVEN);
    assertThat(ruled.evidence().getFirst()).contains("-j DROP");
  }

  @Test
  void cause_tableWasAtItsLimit_isProvenToBeFull() {
    Evidence evidence =
        Evidence.NONE
            .moved("node", "drop", 3)
            .set("net.netfilter.nf_conntrack_max = 1000", "net.netfilter.nf_conntrack_count = 999");
    Verdict verdict = lostWith(evidence);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.CONNTRACK_FULL);
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
    assertThat(verdict.evidence()).anyMatch(l -> l.contains("nf_conntrack_max = 1000"));
  }

  @Test
  void cause_rulesEndItWhereItVanished_isTheRule() {
    Verdict verdict = lostWith(Evidence.NONE, dying(Verdict.Id.FIREWALL_DROP, AT_VETH));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.FIREWALL_DROP);
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
    assertThat(verdict.evidence().getFirst()).isEqualTo(RULE.toString());
    assertThat(verdict.advice()).isEqualTo("remove rule 3");
  }

  @Test
  void cause_rulesEndItBeforeItWasSeenLast_isContradicted() {
    Place earlier = new Place("web eth0", "node-a eniweb");
    Verdict verdict = lostWith(Evidence.NONE, dying(Verdict.Id.FIREWALL_DROP, earlier));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_ON_NODE);
    assertThat(verdict.evidence())
        .anyMatch(
            l -> l.startsWith("predicted to end after web eth0") && l.endsWith("node-a eniweb"));
  }

  @Test
  void judge_deliveredAgainstThePrediction_saysSo() {
    Verdict verdict =
        verdict(
            Scene.webToDb().handshake(),
            List.of(dying(Verdict.Id.FIREWALL_DROP, AT_VETH)),
            Evidence.drop("IP_RPFILTER").on(Shop.NODE_A));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(verdict.evidence()).anyMatch(l -> l.contains("yet the SYN was seen at node-a eth1"));
  }

  @Test
  void judge_leftByAnotherEniThanPredicted_saysSo() {
    Scene scene = Scene.webToDb().pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0);
    Verdict verdict = verdict(scene, List.of(passing()));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.WRONG_ENI);
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
    assertThat(verdict.evidence())
        .contains("predicted to leave node-a by eth1, and it left by eth0");
  }

  @Test
  void cause_policyAgentDeniedThePair_isTheNetworkPolicy() {
    String line = "Src: 192.168.1.21 Dest: 192.168.33.7 Verdict: DENY";
    Verdict verdict = lostWith(Evidence.NONE.denied(line));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.FIREWALL_DROP);
    assertThat(verdict.evidence().getFirst()).contains("DENY");
    assertThat(lostWith(Evidence.NONE.denied(line.replace("33.7", "33.8"))).id())
        .isEqualTo(Verdict.Id.LOST_ON_NODE);
  }

  @Test
  void cause_forwardingIsOff_citesTheSysctl() {
    Verdict verdict = lostWith(Evidence.NONE.set("net.ipv4.ip_forward = 0"));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_ON_NODE);
    assertThat(verdict.cause()).contains("forwarding is off");
    assertThat(verdict.evidence().getFirst()).contains("ip_forward = 0");
  }

  @Test
  void judge_rejectedByNodesRule_citesTheRule() {
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH)
            .pass(REPLY, ICMP_ERROR, 20, Shop.WEB_VETH, Shop.WEB_POD);
    Verdict verdict = verdict(scene, List.of(dying(Verdict.Id.REFUSED, AT_VETH)));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.REFUSED);
    assertThat(verdict.cause()).startsWith("ICMP error from node-a").contains("rule 3 of HOST");
    assertThat(verdict.evidence().getFirst()).isEqualTo(RULE.toString());
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
  }

  private static Socket listener(long queued, boolean stopped) {
    return new Socket(
        "shop/db", Protocol.TCP, IpAddress.parse("0.0.0.0"), 5432, true, queued, 5, 0, stopped);
  }

  @Test
  void noAnswer_acceptQueueIsFull_saysSo() {
    Verdict verdict =
        verdict(unanswered(), List.of(), Evidence.NONE.socket(listener(6, false)).on(Shop.NODE_B));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.NO_ANSWER);
    assertThat(verdict.cause()).contains("accept queue").contains("shop/db");
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
  }

  @Test
  void noAnswer_processIsStopped_saysSo() {
    Verdict verdict =
        verdict(unanswered(), List.of(), Evidence.NONE.socket(listener(0, true)).on(Shop.NODE_B));
    assertThat(verdict.cause()).contains("stopped (SIGSTOP)");
    assertThat(verdict.advice()).isEqualTo(Advice.STOPPED);
  }

  @Test
  void noAnswer_nothingListens_saysSo() {
    Verdict verdict = verdict(unanswered(), List.of(), Evidence.NONE.on(Shop.NODE_B));
    assertThat(verdict.cause()).isEqualTo("nothing listens on tcp/5432 in pod shop/db");
  }

  @Test
  void delivered_crossingOfTheVpcTookLong_isDegradedAndLocated() {
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1)
            .pass(REQUEST, SYN, 50_000, Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD)
            .pass(REPLY, SYN_ACK, 50_100, Shop.DB_POD, Shop.DB_VETH, Shop.B_ETH0)
            .pass(REPLY, SYN_ACK, 100_100, Shop.A_ETH1, Shop.WEB_VETH, Shop.WEB_POD);
    assertThat(verdict(scene, List.of()).degraded())
        .singleElement()
        .asString()
        .startsWith("slow: the SYN and its answer together took 100.0 ms")
        .endsWith("between node-a eth1 and node-b eth0");
  }
}
