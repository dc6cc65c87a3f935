package io.podhop.collector.stitch;

import static io.podhop.model.Direction.REPLY;
import static io.podhop.model.Direction.REQUEST;
import static io.podhop.model.PacketKind.SYN;
import static io.podhop.model.PacketKind.SYN_ACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.Shop;
import io.podhop.model.Citation;
import io.podhop.model.ClockOffset;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.Identity;
import io.podhop.model.Protocol;
import io.podhop.model.Segment;
import io.podhop.model.Trace;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StitcherTest {
  private static final List<String> HANDSHAKE =
      List.of(
          "SYN > web eth0 +0",
          "SYN > node-a eniweb +10",
          "SYN > node-a eth1 +20",
          "SYN > node-b eth0 +30",
          "SYN > node-b enidb +40",
          "SYN > db eth0 +50",
          "SYN-ACK < db eth0 +100",
          "SYN-ACK < node-b enidb +110",
          "SYN-ACK < node-b eth0 +120",
          "SYN-ACK < node-a eth1 +130",
          "SYN-ACK < node-a eniweb +140",
          "SYN-ACK < web eth0 +150",
          "ACK > web eth0 +200",
          "ACK > node-a eniweb +210",
          "ACK > node-a eth1 +220",
          "ACK > node-b eth0 +230",
          "ACK > node-b enidb +240",
          "ACK > db eth0 +250");

  @ParameterizedTest
  @ValueSource(longs = {0, 1_800_000, -7_200_000_000_000L, 90_000_000_000_000L})
  void stitch_twoNodesWithSkew_ordersHopsOnTheSourceClock(long skewNs) {
    Scene scene = Scene.webToDb().skew(skewNs).handshake();
    Stitched stitched =
        Stitcher.stitch(scene.segments(), scene.armed(), StitchedScene.context(scene));
    assertThat(StitchedScene.lines(stitched.trace())).isEqualTo(HANDSHAKE);
    assertThat(stitched.trace().offset().known()).isTrue();
    assertThat(stitched.trace().offset().offsetNs()).isEqualTo(skewNs);
    assertThat(stitched.trace().offset().errorNs()).isEqualTo(10 * Scene.US);
    assertThat(stitched.farNode()).isEqualTo(Shop.NODE_B);
    assertThat(stitched.trace().verdict().id()).isEqualTo(Verdict.Id.DELIVERED);
  }

  @Test
  void stitch_anyOrderAndRepeats_givesTheSameTrace() {
    Scene scene = Scene.webToDb().skew(5_000_000).handshake();
    Trace expected = StitchedScene.trace(scene);
    Random random = new Random(7);
    for (int round = 0; round < 50; round++) {
      List<Segment> shuffled = new ArrayList<>(scene.segments());
      shuffled.addAll(scene.segments());
      Collections.shuffle(shuffled, random);
      assertThat(Stitcher.stitch(shuffled, scene.armed(), StitchedScene.context(scene)).trace())
          .isEqualTo(expected);
    }
  }

  @Test
  void stitch_delivered_saysTimesEndsAndIdentity() {
    Scene scene = Scene.webToDb().handshake();
    Trace trace = StitchedScene.trace(scene);
    assertThat(trace.traceId()).isEqualTo(scene.traceId());
    assertThat(trace.identity()).isEqualTo(Identity.TCP_ISN);
    assertThat(trace.startNs()).isEqualTo(Scene.START);
    assertThat(trace.handshakeNs()).isEqualTo(150 * Scene.US);
    assertThat(trace.retransmits()).isZero();
    assertThat(trace.client()).isEqualTo(scene.client());
    assertThat(trace.source()).isEqualTo(new Endpoint(Shop.WEB_IP, 40_112, Shop.WEB));
    assertThat(trace.destination()).isEqualTo(Shop.db());
    assertThat(trace.translations()).isEmpty();
  }

  @Test
  void stitch_sameNode_hasNoEniHops() {
    Scene scene =
        Scene.webToApi()
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.API_VETH, Shop.API_POD)
            .pass(REPLY, SYN_ACK, 50, Shop.API_POD, Shop.API_VETH, Shop.WEB_VETH, Shop.WEB_POD);
    Trace trace = StitchedScene.trace(scene);
    assertThat(StitchedScene.lines(trace))
        .containsExactly(
            "SYN > web eth0 +0",
            "SYN > node-a eniweb +10",
            "SYN > node-a eniapi +20",
            "SYN > api eth0 +30",
            "SYN-ACK < api eth0 +50",
            "SYN-ACK < node-a eniapi +60",
            "SYN-ACK < node-a eniweb +70",
            "SYN-ACK < web eth0 +80");
    assertThat(trace.verdict().id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(trace.verdict().gradeReason()).isEqualTo("4 of 4 points complete");
  }

  @Test
  void stitch_lostInVpc_addsHopsForEveryArmedPointThatStayedSilent() {
    Scene scene = Scene.webToDb().pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1);
    assertThat(StitchedScene.lines(StitchedScene.trace(scene)))
        .containsExactly(
            "SYN > web eth0 +0",
            "SYN > node-a eniweb +10",
            "SYN > node-a eth1 +20",
            "SYN > node-b eth0 not seen",
            "SYN > node-b enidb not seen",
            "SYN > db eth0 not seen");
  }

  @Test
  void stitch_pointMissedWhatALaterOneSaw_isInferred() {
    Scene scene =
        Scene.webToDb()
            .lossy(Shop.A_ETH1)
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH)
            .pass(REQUEST, SYN, 30, Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD)
            .pass(REPLY, SYN_ACK, 100, Scene.back());
    assertThat(StitchedScene.lines(StitchedScene.trace(scene)))
        .contains("SYN > node-a eth1 inferred");
  }

  @Test
  void stitch_service_namesTargetAndKeepsTranslation() {
    Scene scene = serviceScene().handshake();
    Trace trace = StitchedScene.trace(scene);
    assertThat(trace.destination().owner()).isEqualTo(Shop.DB_SERVICE);
    assertThat(trace.wire().destination()).isEqualTo(Shop.DB_IP);
    assertThat(trace.translations()).hasSize(1).first().isInstanceOf(Translation.Dnat.class);
    assertThat(StitchedScene.lines(trace)).isEqualTo(HANDSHAKE);
    assertThat(trace.verdict().evidence())
        .anyMatch(line -> line.startsWith("DNAT tcp 192.168.1.21:40112 > 10.100.7.7:5432 →"));
  }

  private static Scene serviceScene() {
    Scene scene =
        new Scene(Shop.web(), Shop.service(), Protocol.TCP)
            .armed(Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0, Shop.A_ETH1)
            .armed(Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD);
    FlowKey wire = new FlowKey(Protocol.TCP, Shop.WEB_IP, 40_112, Shop.DB_IP, Shop.PORT);
    Citation rule =
        new Citation(Citation.Source.IPTABLES, "nat/KUBE-SEP-X", 2, "-j DNAT --to 192.168.33.7");
    return scene.wire(wire, "eth1", Translation.between(scene.client(), wire, List.of(rule)));
  }

  @Test
  void stitch_rememberedOffset_servesAConnectionThatWasNeverAnswered() {
    Scene scene = Scene.webToDb().skew(3_600_000_000_000L).pass(REQUEST, SYN, 0, Scene.there());
    TraceContext context =
        StitchedScene.context(
            scene,
            List.of(),
            Optional.empty(),
            Map.of(Shop.NODE_B, new ClockOffset(3_600_000_000_000L, 9_000, true)));
    Trace trace = Stitcher.stitch(scene.segments(), scene.armed(), context).trace();
    assertThat(StitchedScene.lines(trace)).isEqualTo(HANDSHAKE.subList(0, 6));
    assertThat(trace.verdict().id()).isEqualTo(Verdict.Id.NO_ANSWER);
    assertThat(trace.verdict().grade()).isEqualTo(Verdict.Grade.PROVEN);
  }

  @Test
  void stitch_onlyTheFarNode_keepsItsTraceIdAndIsDelivered() {
    Scene scene = Scene.webToDb().handshake();
    TraceContext context =
        StitchedScene.context(scene, List.of(Shop.NODE_A), Optional.empty(), Map.of());
    Trace trace = Stitcher.stitch(List.of(scene.segment(Shop.NODE_B)), List.of(), context).trace();
    assertThat(trace.traceId()).isEqualTo(scene.traceId());
    assertThat(trace.missingNodes()).containsExactly(Shop.NODE_A);
    assertThat(trace.offset().known()).isFalse();
    assertThat(trace.verdict().id()).isEqualTo(Verdict.Id.DELIVERED);
  }

  @Test
  void stitch_retransmittedSyn_widensTheErrorInsteadOfBendingTheClock() {
    Scene scene =
        Scene.webToDb()
            .skew(1_000_000)
            .pass(REQUEST, SYN, 0, 2, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1)
            .pass(REQUEST, SYN, 1_000_030, 1, Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD)
            .pass(REPLY, SYN_ACK, 1_000_100, Scene.back());
    ClockOffset offset = StitchedScene.trace(scene).offset();
    assertThat(Math.abs(offset.offsetNs() - 1_000_000)).isLessThanOrEqualTo(offset.errorNs());
  }

  @Test
  void byTrace_twoConnections_keepsThemApart() {
    Segment first = Scene.webToDb().handshake().segment(Shop.NODE_A);
    Segment second = Scene.webToApi().pass(REQUEST, SYN, 0, Shop.WEB_POD).segment(Shop.NODE_A);
    assertThat(Stitcher.byTrace(List.of(first, second, first)))
        .containsExactly(
            Map.entry(first.traceId(), List.of(first, first)),
            Map.entry(second.traceId(), List.of(second)));
  }
}
