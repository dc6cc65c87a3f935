package io.podhop.collector.stitch;

import static io.podhop.model.Direction.REPLY;
import static io.podhop.model.Direction.REQUEST;
import static io.podhop.model.PacketKind.DATAGRAM;
import static io.podhop.model.PacketKind.SYN;
import static io.podhop.model.PacketKind.SYN_ACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.Shop;
import io.podhop.model.Flow;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Protocol;
import io.podhop.model.Segment;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Segments that nobody asked for: no host veth is watched, and only segments say what was. */
class AlwaysOnTest {
  private static final ObservationPoint[] THERE = {
    Shop.WEB_POD, Shop.A_ETH1, Shop.B_ETH0, Shop.DB_POD
  };

  private static Scene scene(Protocol protocol) {
    return new Scene(Shop.web(), Shop.db(), protocol)
        .armed(Shop.WEB_POD, Shop.A_ETH0, Shop.A_ETH1, Shop.B_ETH0, Shop.DB_POD);
  }

  private static Verdict verdict(Scene scene, List<Segment> segments) {
    return Stitcher.stitch(segments, List.of(), StitchedScene.context(scene)).trace().verdict();
  }

  @Test
  void stitch_synNeverLeftTheNode_isLostOnItAndProven() {
    Scene scene = scene(Protocol.TCP).pass(REQUEST, SYN, 0, Shop.WEB_POD);
    Verdict verdict = verdict(scene, scene.segments());
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_ON_NODE);
    assertThat(verdict.place()).isEqualTo(new Verdict.Place("web eth0", "node-a eth1"));
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
  }

  @Test
  void stitch_synNeverCameToThePod_isLostOnTheFarNodeAndProven() {
    Scene scene = scene(Protocol.TCP).pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.A_ETH1, Shop.B_ETH0);
    Verdict verdict = verdict(scene, scene.segments());
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_ON_NODE);
    assertThat(verdict.place()).isEqualTo(new Verdict.Place("node-b eth0", "db eth0"));
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
  }

  @Test
  void stitch_podDoesNotAnswer_isNoAnswerFromBothNodesViews() {
    Scene scene = scene(Protocol.TCP).pass(REQUEST, SYN, 0, 4, THERE);
    Verdict verdict = verdict(scene, scene.segments());
    assertThat(verdict.id()).isEqualTo(Verdict.Id.NO_ANSWER);
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
  }

  @Test
  void stitch_replyNeverLeftTheFarNode_isLostThere() {
    Scene scene =
        scene(Protocol.TCP).pass(REQUEST, SYN, 0, THERE).pass(REPLY, SYN_ACK, 100, 3, Shop.DB_POD);
    Verdict verdict = verdict(scene, scene.segments());
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_ON_NODE);
    assertThat(verdict.direction()).isEqualTo(REPLY);
    assertThat(verdict.place()).isEqualTo(new Verdict.Place("db eth0", "node-b eth0"));
  }

  @Test
  void stitch_farNodeSaidNothing_isUnproven() {
    Scene scene = scene(Protocol.TCP).pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.A_ETH1);
    Verdict verdict = verdict(scene, List.of(scene.segment(Shop.NODE_A)));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_IN_VPC);
    assertThat(verdict.grade()).isEqualTo(Grade.UNPROVEN);
  }

  @Test
  void stitch_sourcePodAloneWasWatched_isWhatItsNodeReports() {
    Scene scene =
        new Scene(Shop.web(), Shop.db(), Protocol.UDP)
            .armed(Shop.WEB_POD)
            .pass(REQUEST, DATAGRAM, 0, Shop.WEB_POD);
    Flow.Outcome outcome =
        new Flow.Outcome(Verdict.Id.NO_ANSWER, List.of(), "no answer to 2 datagrams");
    Verdict verdict = verdict(scene, List.of(scene.segment(Shop.NODE_A).with(outcome)));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.NO_ANSWER);
    assertThat(verdict.cause()).isEqualTo("no answer to 2 datagrams");
    assertThat(verdict.grade()).isEqualTo(Grade.UNPROVEN);
  }

  @Test
  void stitch_answerIsAnError_isDnsFailed() {
    Scene scene =
        scene(Protocol.UDP)
            .pass(REQUEST, DATAGRAM, 0, THERE)
            .pass(REPLY, DATAGRAM, 100, Shop.DB_POD, Shop.B_ETH0, Shop.A_ETH1, Shop.WEB_POD);
    Flow.Outcome outcome =
        new Flow.Outcome(Verdict.Id.DNS_FAILED, List.of(), "NXDOMAIN for no.example");
    Verdict verdict = verdict(scene, with(scene, outcome));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.DNS_FAILED);
    assertThat(verdict.cause()).isEqualTo("NXDOMAIN for no.example");
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
  }

  @Test
  void stitch_troubleAfterTheOpening_isDegradedOnce() {
    Scene scene =
        scene(Protocol.TCP)
            .pass(REQUEST, SYN, 0, THERE)
            .pass(REPLY, SYN_ACK, 100, Shop.DB_POD, Shop.B_ETH0, Shop.A_ETH1, Shop.WEB_POD);
    Flow.Outcome outcome =
        new Flow.Outcome(Verdict.Id.DELIVERED, List.of("reset by the server"), "");
    Verdict verdict = verdict(scene, with(scene, outcome));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(verdict.degraded()).containsExactly("reset by the server");
  }

  private static List<Segment> with(Scene scene, Flow.Outcome outcome) {
    List<Segment> segments = new ArrayList<>();
    scene.segments().forEach(segment -> segments.add(segment.with(outcome)));
    return segments;
  }
}
