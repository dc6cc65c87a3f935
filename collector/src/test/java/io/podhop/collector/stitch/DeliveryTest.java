package io.podhop.collector.stitch;

import static io.podhop.model.Direction.REPLY;
import static io.podhop.model.Direction.REQUEST;
import static io.podhop.model.PacketKind.DATAGRAM;
import static io.podhop.model.PacketKind.RST;
import static io.podhop.model.PacketKind.SYN;
import static io.podhop.model.PacketKind.SYN_ACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.Shop;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Owner;
import io.podhop.model.Protocol;
import io.podhop.model.Trace;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import io.podhop.model.Verdict.Place;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeliveryTest {
  private static final Attempt.Outcome TIMEOUT = Attempt.Outcome.TIMEOUT;

  @Test
  void judge_healthy_isProvenWithoutReasons() {
    Verdict verdict = StitchedScene.verdict(Scene.webToDb().handshake());
    assertThat(verdict.degraded()).isEmpty();
    assertThat(verdict.place()).isEqualTo(Place.NONE);
    assertThat(verdict.cause()).isEqualTo("answered in 0.15 ms");
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
    assertThat(verdict.gradeReason()).isEqualTo("6 of 6 points complete");
  }

  @Test
  void judge_synLostOnce_saysBetweenWhichPoints() {
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, 2, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1)
            .pass(REQUEST, SYN, 1_000_030, 1, Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD)
            .pass(REPLY, SYN_ACK, 1_000_100, Scene.back());
    Trace trace = StitchedScene.trace(scene);
    assertThat(trace.retransmits()).isEqualTo(1);
    assertThat(trace.verdict().degraded())
        .containsExactly("SYN sent 2 times: 1 of 2 SYNs lost between node-a eth1 and node-b eth0");
  }

  @Test
  void judge_synAckLostOnce_isAReplyPathLoss() {
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, 2, Scene.there())
            .pass(REPLY, SYN_ACK, 100, 2, Shop.DB_POD, Shop.DB_VETH, Shop.B_ETH0)
            .pass(REPLY, SYN_ACK, 1_000_130, 1, Shop.A_ETH1, Shop.WEB_VETH, Shop.WEB_POD);
    assertThat(StitchedScene.verdict(scene).degraded())
        .containsExactly(
            "SYN sent 2 times: no copy was lost on the way: the answer was late or lost",
            "1 of 2 SYN-ACKs lost between node-b eth0 and node-a eth1");
  }

  @Test
  void judge_slowAnswer_isDegraded() {
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, Scene.there())
            .pass(REPLY, SYN_ACK, 400_000, Scene.back());
    assertThat(StitchedScene.verdict(scene).degraded())
        .containsExactly("slow: the answer took 400.05 ms");
  }

  @Test
  void judge_resetAfterTheAnswer_isDegraded() {
    Scene scene = Scene.webToDb().handshake().pass(REPLY, RST, 500, Scene.back());
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(verdict.degraded()).containsExactly("reset after it was answered: RST at db eth0");
  }

  private static Scene toInternet() {
    Scene scene =
        new Scene(Shop.web(), Shop.internet(), Protocol.TCP)
            .armed(Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0, Shop.A_ETH1);
    FlowKey wire = new FlowKey(Protocol.TCP, Shop.NODE_A_IP, 61_001, Shop.INTERNET, 443);
    return scene.wire(wire, "eth0", Translation.between(scene.client(), wire, List.of()));
  }

  @Test
  void judge_internetWithSnat_isDeliveredByThePrimaryEni() {
    Scene scene =
        toInternet()
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0)
            .pass(REPLY, SYN_ACK, 300_000, Shop.A_ETH0, Shop.WEB_VETH, Shop.WEB_POD);
    Trace trace = StitchedScene.trace(scene);
    assertThat(trace.verdict().id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(trace.verdict().degraded()).isEmpty();
    assertThat(trace.translations()).singleElement().isInstanceOf(Translation.Snat.class);
    assertThat(trace.offset().known()).isFalse();
  }

  @Test
  void judge_internetSilent_isUnprovenBecauseNobodyWatchesThere() {
    Scene scene = toInternet().pass(REQUEST, SYN, 0, 3, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0);
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_IN_VPC);
    assertThat(verdict.place()).isEqualTo(new Place("node-a eth0", ""));
    assertThat(verdict.grade()).isEqualTo(Grade.UNPROVEN);
    assertThat(verdict.gradeReason()).isEqualTo("nobody watches beyond node-a eth0");
  }

  @Test
  void judge_internetRefuses_namesTheHostAndThePath() {
    Scene scene =
        toInternet()
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0)
            .pass(REPLY, RST, 300, Shop.A_ETH0, Shop.WEB_VETH, Shop.WEB_POD);
    assertThat(StitchedScene.verdict(scene).cause())
        .isEqualTo("RST from example.com or the path to it, beyond node-a eth0");
  }

  @Test
  void judge_ipv6Udp_isDelivered() {
    Endpoint source = new Endpoint(IpAddress.parse("2001:db8:1::21"), 0, Shop.WEB);
    Endpoint destination = new Endpoint(IpAddress.parse("2001:db8:2::7"), 53, Shop.DB);
    Scene scene =
        new Scene(source, destination, Protocol.UDP)
            .armed(Scene.there())
            .pass(REQUEST, DATAGRAM, 0, Scene.there())
            .pass(REPLY, DATAGRAM, 100, Scene.back());
    Trace trace = StitchedScene.trace(scene);
    assertThat(trace.verdict().id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(trace.offset().known()).isTrue();
    assertThat(trace.handshakeNs()).isEqualTo(150 * Scene.US);
    assertThat(trace.client().toString()).contains("[2001:db8:1::21]:40112");
  }

  @Test
  void judge_nothingSeenAndCompleteCapture_isLostInPod() {
    Trace trace = StitchedScene.trace(Scene.webToDb(), TIMEOUT);
    assertThat(trace.verdict().id()).isEqualTo(Verdict.Id.LOST_IN_POD);
    assertThat(trace.verdict().place()).isEqualTo(new Place("", "web eth0"));
    assertThat(trace.verdict().grade()).isEqualTo(Grade.PROVEN);
    assertThat(trace.startNs()).isEqualTo(Scene.START);
    assertThat(trace.client().sourcePort()).isEqualTo(40_112);
  }

  @Test
  void judge_nothingSeenAndLossyCapture_isNotObserved() {
    Verdict verdict = StitchedScene.trace(Scene.webToDb().lossy(Shop.WEB_POD), TIMEOUT).verdict();
    assertThat(verdict.id()).isEqualTo(Verdict.Id.NOT_OBSERVED);
    assertThat(verdict.grade()).isEqualTo(Grade.UNPROVEN);
  }

  @Test
  void judge_onlyTheProbeKnows_isUnproven() {
    Verdict answered = StitchedScene.trace(Scene.webToDb(), Attempt.Outcome.ANSWERED).verdict();
    assertThat(answered.id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(answered.grade()).isEqualTo(Grade.UNPROVEN);
    Verdict refused = StitchedScene.trace(Scene.webToDb(), Attempt.Outcome.REFUSED).verdict();
    assertThat(refused.id()).isEqualTo(Verdict.Id.REFUSED);
    assertThat(refused.grade()).isEqualTo(Grade.UNPROVEN);
  }

  @Test
  void judge_nodeAsDestination_isNoAnswerAtItsEni() {
    Endpoint node = new Endpoint(Shop.NODE_B_IP, 10_250, new Owner.Node(Shop.NODE_B, "eth0"));
    Scene scene =
        new Scene(Shop.web(), node, Protocol.TCP)
            .armed(Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1, Shop.B_ETH0)
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1, Shop.B_ETH0);
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.NO_ANSWER);
    assertThat(verdict.place()).isEqualTo(new Place("node-b eth0", ""));
  }
}
