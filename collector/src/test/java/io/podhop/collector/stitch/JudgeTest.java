package io.podhop.collector.stitch;

import static io.podhop.model.Direction.REPLY;
import static io.podhop.model.Direction.REQUEST;
import static io.podhop.model.PacketKind.ICMP_ERROR;
import static io.podhop.model.PacketKind.RST;
import static io.podhop.model.PacketKind.SYN;
import static io.podhop.model.PacketKind.SYN_ACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.Shop;
import io.podhop.model.Direction;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import io.podhop.model.Verdict.Place;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JudgeTest {
  private static ObservationPoint[] first(ObservationPoint[] points, int count) {
    return Arrays.copyOf(points, count);
  }

  static Stream<Arguments> requestLosses() {
    return Stream.of(
        Arguments.of(1, Verdict.Id.LOST_IN_POD, "web eth0", "node-a eniweb"),
        Arguments.of(2, Verdict.Id.LOST_ON_NODE, "node-a eniweb", "node-a eth1"),
        Arguments.of(3, Verdict.Id.LOST_IN_VPC, "node-a eth1", "node-b eth0"),
        Arguments.of(4, Verdict.Id.LOST_ON_NODE, "node-b eth0", "node-b enidb"),
        Arguments.of(5, Verdict.Id.LOST_ON_NODE, "node-b enidb", "db eth0"),
        Arguments.of(6, Verdict.Id.NO_ANSWER, "db eth0", ""));
  }

  @ParameterizedTest
  @MethodSource("requestLosses")
  void judge_requestSeenUpToAPoint_namesThePlaceAndProvesIt(
      int seen, Verdict.Id id, String after, String before) {
    Scene scene = Scene.webToDb().pass(REQUEST, SYN, 0, 3, first(Scene.there(), seen));
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(id);
    assertThat(verdict.place()).isEqualTo(new Place(after, before));
    assertThat(verdict.direction()).isEqualTo(Direction.REQUEST);
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
    assertThat(verdict.cause()).contains("SYN").contains(after);
    assertThat(verdict.evidence()).anyMatch(l -> l.contains(after) && l.contains("3 copies"));
  }

  static Stream<Arguments> replyLosses() {
    return Stream.of(
        Arguments.of(1, Verdict.Id.LOST_IN_POD, "db eth0", "node-b enidb"),
        Arguments.of(2, Verdict.Id.LOST_ON_NODE, "node-b enidb", "node-b eth0"),
        Arguments.of(3, Verdict.Id.LOST_IN_VPC, "node-b eth0", "node-a eth1"),
        Arguments.of(4, Verdict.Id.LOST_ON_NODE, "node-a eth1", "node-a eniweb"),
        Arguments.of(5, Verdict.Id.LOST_ON_NODE, "node-a eniweb", "web eth0"));
  }

  @ParameterizedTest
  @MethodSource("replyLosses")
  void judge_replySeenUpToAPoint_isALossOfTheReply(
      int seen, Verdict.Id id, String after, String before) {
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, Scene.there())
            .pass(REPLY, SYN_ACK, 100, first(Scene.back(), seen));
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(id);
    assertThat(verdict.place()).isEqualTo(new Place(after, before));
    assertThat(verdict.direction()).isEqualTo(Direction.REPLY);
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
  }

  @Test
  void judge_silentPointDroppedPackets_provesNothing() {
    Scene scene = Scene.webToDb().lossy(Shop.B_ETH0).pass(REQUEST, SYN, 0, first(Scene.there(), 3));
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_IN_VPC);
    assertThat(verdict.grade()).isEqualTo(Grade.UNPROVEN);
    assertThat(verdict.gradeReason()).isEqualTo("capture was not complete at node-b eth0");
    assertThat(verdict.evidence()).anyMatch(l -> l.contains("dropped 3"));
  }

  @Test
  void judge_nextPointWasNotWatched_saysSo() {
    Scene scene =
        Scene.webToDb()
            .unwatched(Shop.A_ETH0, Shop.A_ETH1)
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH);
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_ON_NODE);
    assertThat(verdict.grade()).isEqualTo(Grade.UNPROVEN);
    assertThat(verdict.gradeReason())
        .isEqualTo("nobody watched between node-a eniweb and node-b eth0");
  }

  @Test
  void judge_farAgentMissing_isUnprovenAndNamesTheNode() {
    Scene scene =
        Scene.webToDb()
            .unwatched(Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD)
            .pass(REQUEST, SYN, 0, first(Scene.there(), 3));
    TraceContext context =
        StitchedScene.context(scene, List.of(Shop.NODE_B), Optional.empty(), Map.of());
    Verdict verdict = Stitcher.stitch(scene.segments(), scene.armed(), context).trace().verdict();
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_IN_VPC);
    assertThat(verdict.place()).isEqualTo(new Place("node-a eth1", ""));
    assertThat(verdict.grade()).isEqualTo(Grade.UNPROVEN);
    assertThat(verdict.gradeReason()).isEqualTo("nothing came from an agent on node-b");
  }

  @Test
  void judge_leftByAnotherEni_isWrongEni() {
    Scene scene = Scene.webToDb().pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0);
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.WRONG_ENI);
    assertThat(verdict.place()).isEqualTo(new Place("node-a eth0", "node-b eth0"));
    assertThat(verdict.cause()).contains("192.168.1.21 belongs to eth1");
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
  }

  @Test
  void judge_replyLeftByAnotherEni_isWrongEniOfTheReply() {
    Scene scene =
        Scene.webToDb()
            .armed(Shop.B_ETH1)
            .pass(REQUEST, SYN, 0, Scene.there())
            .pass(REPLY, SYN_ACK, 100, Shop.DB_POD, Shop.DB_VETH, Shop.B_ETH1);
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.WRONG_ENI);
    assertThat(verdict.direction()).isEqualTo(Direction.REPLY);
    assertThat(verdict.cause()).contains("192.168.33.7 belongs to eth0");
  }

  @Test
  void judge_wrongEniButAnswered_isDeliveredAndDegraded() {
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0)
            .pass(REQUEST, SYN, 30, Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD)
            .pass(REPLY, SYN_ACK, 100, Scene.back());
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(verdict.degraded())
        .containsExactly("left by node-a eth0 although 192.168.1.21 belongs to eth1");
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        Arguments.of(0, "RST from pod shop/db: nothing listens on tcp/5432"),
        Arguments.of(1, "RST from node-b"),
        Arguments.of(2, "RST from node-b"),
        Arguments.of(3, "RST from the path between the nodes"),
        Arguments.of(4, "RST from node-a"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void judge_rst_isFromTheFirstPointThatSawIt(int origin, String cause) {
    ObservationPoint[] back = Scene.back();
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, first(Scene.there(), 6 - origin))
            .pass(REPLY, RST, 100, Arrays.copyOfRange(back, origin, back.length));
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.REFUSED);
    assertThat(verdict.cause()).isEqualTo(cause);
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
  }

  @Test
  void judge_icmpError_isRefused() {
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH)
            .pass(REPLY, ICMP_ERROR, 20, Shop.WEB_VETH, Shop.WEB_POD);
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.REFUSED);
    assertThat(verdict.cause()).isEqualTo("ICMP error from node-a");
    assertThat(verdict.place()).isEqualTo(new Place("node-a eniweb", "node-a eth1"));
  }

  @Test
  void judge_rstLostOnItsWayBack_isALossOfTheReply() {
    Scene scene =
        Scene.webToDb()
            .pass(REQUEST, SYN, 0, Scene.there())
            .pass(REPLY, RST, 100, first(Scene.back(), 3));
    Verdict verdict = StitchedScene.verdict(scene);
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_IN_VPC);
    assertThat(verdict.direction()).isEqualTo(Direction.REPLY);
  }

  @Test
  void worst_severalVerdicts_isTheMostSurprisingOne() {
    Verdict delivered = StitchedScene.verdict(Scene.webToDb().handshake());
    Verdict lost =
        StitchedScene.verdict(Scene.webToDb().pass(REQUEST, SYN, 0, first(Scene.there(), 3)));
    assertThat(Judge.worst(List.of(delivered, lost, delivered))).isEqualTo(lost);
    assertThat(Judge.worst(List.of(delivered))).isEqualTo(delivered);
    assertThat(Judge.worst(List.of()).id()).isEqualTo(Verdict.Id.NOT_OBSERVED);
  }
}
