package io.podhop.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.podhop.collector.fixture.Play;
import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.ScriptedAgent;
import io.podhop.collector.fixture.Shop;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Arm;
import io.podhop.v1.CaptureEnded;
import io.podhop.v1.CaptureEvent;
import io.podhop.v1.CaptureRequest;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.EndCaptureRequest;
import io.podhop.v1.Failed;
import io.podhop.v1.Packet;
import io.podhop.v1.Packets;
import io.podhop.v1.Probed;
import io.podhop.v1.Refusal;
import io.podhop.wire.ModelCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Packet captures over a whole collector with agents that speak the protocol. */
@Timeout(60)
class CaptureTest extends WholeCollector {
  private static final CaptureRequest WEB_AND_DB =
      CaptureRequest.newBuilder()
          .addPods("web")
          .addPods("shop/db")
          .setNamespace("shop")
          .setFilter("tcp")
          .setSnapshotBytes(128)
          .setMaxBytes(1_000)
          .setMaxMs(300)
          .build();

  private List<CaptureEvent> capture(CaptureRequest request) {
    List<CaptureEvent> events = new ArrayList<>();
    running.query().capturePackets(request).forEachRemaining(events::add);
    return events;
  }

  /** Arms as the scene says, then sends one packet of so many bytes at its second point. */
  private static BiConsumer<ScriptedAgent, CollectorMessage> sends(
      Scene scene, String node, int bytes) {
    Play play = new Play(scene, node, Probed.Outcome.OUTCOME_UNSPECIFIED);
    return (agent, message) -> {
      play.accept(agent, message);
      if (message.hasArm()) {
        agent.say(packet(message.getArm().getRequestId(), 1, bytes, 3));
      }
    };
  }

  private static AgentMessage.Builder packet(String request, int point, int bytes, long dropped) {
    return AgentMessage.newBuilder()
        .setPackets(
            Packets.newBuilder()
                .setRequestId(request)
                .setDropped(dropped)
                .addPackets(
                    Packet.newBuilder()
                        .setPoint(point)
                        .setTimeNs(Scene.START)
                        .setWireLength(1_500)
                        .setData(ByteString.copyFrom(new byte[bytes]))));
  }

  @Test
  void capturePackets_bothEnds_remapsPointsAndJudgesTheConnections() {
    Scene scene = Scene.webToDb().handshake();
    ScriptedAgent near = running.agent(Shop.nodeA(), sends(scene, Shop.NODE_A, 60));
    running.agent(Shop.nodeB(), sends(scene, Shop.NODE_B, 80));

    List<CaptureEvent> events = capture(WEB_AND_DB);

    List<io.podhop.v1.ObservationPoint> points = events.getFirst().getStarted().getPointsList();
    assertThat(points).hasSize(7);
    assertThat(
            events.stream()
                .flatMap(event -> event.getPackets().getPacketsList().stream())
                .map(packet -> ModelCodec.decode(points.get(packet.getPoint()))))
        .containsExactlyInAnyOrder(Shop.WEB_VETH, Shop.DB_VETH);
    assertThat(events.stream().filter(CaptureEvent::hasTrace).map(CaptureEvent::getTrace))
        .singleElement()
        .satisfies(
            trace -> {
              assertThat(trace.getTraceId()).isEqualTo(scene.traceId());
              assertThat(trace.getVerdict().getId()).isEqualTo("delivered");
            });
    CaptureEnded ended = events.getLast().getEnded();
    assertThat(ended.getReason()).isEqualTo(CaptureEnded.Reason.REASON_TIME);
    assertThat(ended.getCoverageCount()).isEqualTo(7);
    assertThat(ended.getDropped()).isEqualTo(6);
    Arm arm = near.heard().getFirst().getArm();
    assertThat(arm.getPodsList()).containsExactly("shop/web");
    assertThat(arm.getPackets().getFilter()).isEqualTo("tcp");
    assertThat(arm.getPackets().getSnapshotBytes()).isEqualTo(128);
    assertThat(arm.getPackets().getMaxBytes()).isEqualTo(1_000);
  }

  @Test
  void capturePackets_connectionsTracedBefore_areJudgedAsWell() {
    Scene scene = Scene.webToDb().handshake();
    running.agent(Shop.nodeA(), sends(scene, Shop.NODE_A, 60));
    running.agent(Shop.nodeB(), sends(scene, Shop.NODE_B, 80));
    assertThat(capture(WEB_AND_DB)).anyMatch(CaptureEvent::hasTrace);

    List<CaptureEvent> again = capture(WEB_AND_DB);

    assertThat(again.stream().filter(CaptureEvent::hasTrace).map(CaptureEvent::getTrace))
        .singleElement()
        .satisfies(trace -> assertThat(trace.getVerdict().getId()).isEqualTo("delivered"));
    assertThat(collector.counters().get(CollectorCounter.TRACES_SAVED)).isEqualTo(1);
  }

  @Test
  void capturePackets_onePodAskedByAddress_isJudgedByItself() {
    Scene scene = Scene.webToDb().handshake().unwatched(Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD);
    running.agent(Shop.nodeA(), sends(scene, Shop.NODE_A, 60));

    List<CaptureEvent> events =
        capture(WEB_AND_DB.toBuilder().clearPods().addPods("192.168.1.21").build());

    assertThat(events.stream().filter(CaptureEvent::hasTrace)).hasSize(1);
    assertThat(events.getLast().hasEnded()).isTrue();
  }

  @Test
  void capturePackets_sizeReachedOverAllNodes_endsBySize() {
    Scene scene = Scene.webToDb();
    running.agent(Shop.nodeA(), sends(scene, Shop.NODE_A, 600));
    running.agent(Shop.nodeB(), sends(scene, Shop.NODE_B, 600));

    List<CaptureEvent> events = capture(WEB_AND_DB.toBuilder().setMaxMs(20_000).build());

    assertThat(events.getLast().getEnded().getReason()).isEqualTo(CaptureEnded.Reason.REASON_SIZE);
  }

  @Test
  void capturePackets_oneAgentFails_goesOnAndSaysSo() {
    running.agent(Shop.nodeA(), sends(Scene.webToDb(), Shop.NODE_A, 60));
    running.agent(Shop.nodeB(), fails("no CAP_NET_RAW"));

    List<CaptureEvent> events = capture(WEB_AND_DB);

    assertThat(events.getFirst().getStarted().getPointsCount()).isEqualTo(4);
    assertThat(events.getFirst().getStarted().getWarningsList())
        .containsExactly("nothing is captured on node-b: agent: no CAP_NET_RAW");
    assertThat(events.getLast().hasEnded()).isTrue();
  }

  @Test
  void capturePackets_noAgentArms_isRefused() {
    running.agent(Shop.nodeA(), fails("syntax error in filter"));
    running.agent(Shop.nodeB(), fails("syntax error in filter"));

    Refusal refusal = capture(WEB_AND_DB).getLast().getRefusal();

    assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.REASON_NOT_OBSERVABLE);
    assertThat(refusal.getMessage()).contains("node-a", "node-b", "syntax error in filter");
  }

  @Test
  void capturePackets_filterIsNone_isWrongUsageInTheAgentsWords() {
    ScriptedAgent near = running.agent(Shop.nodeA(), sends(Scene.webToDb(), Shop.NODE_A, 60));
    running.agent(Shop.nodeB(), fails("filter \"tcp prt 80\": syntax error", true));

    assertThat(usage(WEB_AND_DB)).isEqualTo("filter \"tcp prt 80\": syntax error");
    assertThat(near.heard()).anyMatch(CollectorMessage::hasFinish);
  }

  private static BiConsumer<ScriptedAgent, CollectorMessage> fails(String error) {
    return fails(error, false);
  }

  private static BiConsumer<ScriptedAgent, CollectorMessage> fails(String error, boolean usage) {
    return (agent, message) -> {
      if (message.hasArm()) {
        agent.say(
            AgentMessage.newBuilder()
                .setFailed(
                    Failed.newBuilder()
                        .setRequestId(message.getArm().getRequestId())
                        .setError(error)
                        .setUsage(usage)));
      }
    };
  }

  @Test
  void capturePackets_wrongUsage_isRefused() {
    running.agent(Shop.nodeA(), sends(Scene.webToDb(), Shop.NODE_A, 60));
    assertThat(usage(WEB_AND_DB.toBuilder().clearPods().build())).contains("1 to 32 pods");
    assertThat(usage(WEB_AND_DB.toBuilder().addPods("shop/wbe").build())).contains("shop/web");
    assertThat(usage(WEB_AND_DB.toBuilder().clearPods().addPods("node-a").build()))
        .isEqualTo("node-a is a node; a capture takes pods");
    assertThat(usage(WEB_AND_DB.toBuilder().setSnapshotBytes(20).build())).contains("64 to 65535");
    assertThat(usage(WEB_AND_DB.toBuilder().setMaxBytes(1L << 40).build())).contains("512 MB");
    assertThat(usage(WEB_AND_DB.toBuilder().setMaxMs(-1).build())).contains("10 minutes");
  }

  private String usage(CaptureRequest request) {
    Refusal refusal = capture(request).getLast().getRefusal();
    assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.REASON_USAGE);
    return refusal.getMessage();
  }

  @Test
  void capturePackets_agentLost_endsAndSaysSo() {
    ScriptedAgent near = running.agent(Shop.nodeA(), sends(Scene.webToDb(), Shop.NODE_A, 60));
    var events =
        running
            .query()
            .capturePackets(
                WEB_AND_DB.toBuilder().clearPods().addPods("shop/web").setMaxMs(20_000).build());
    assertThat(events.next().hasStarted()).isTrue();
    near.close();
    CaptureEvent last = events.next();
    while (events.hasNext()) {
      last = events.next();
    }
    assertThat(last.getEnded().getReason()).isEqualTo(CaptureEnded.Reason.REASON_AGENT_LOST);
    assertThat(last.getEnded().getNotes(0)).contains("node-a", "its stream ended");
  }

  @Test
  void endCapture_whileItRuns_isJudgedAndEndsAsAsked() {
    Scene scene = Scene.webToDb().handshake();
    running.agent(Shop.nodeA(), sends(scene, Shop.NODE_A, 60));
    running.agent(Shop.nodeB(), sends(scene, Shop.NODE_B, 80));
    var events = running.query().capturePackets(WEB_AND_DB.toBuilder().setMaxMs(50_000).build());
    String captureId = events.next().getStarted().getCaptureId();

    assertThat(end(captureId)).isTrue();

    List<CaptureEvent> rest = new ArrayList<>();
    events.forEachRemaining(rest::add);
    assertThat(rest.stream().filter(CaptureEvent::hasTrace)).hasSize(1);
    assertThat(rest.getLast().getEnded().getReason()).isEqualTo(CaptureEnded.Reason.REASON_ASKED);
    assertThat(rest.getLast().getEnded().getCoverageCount()).isEqualTo(7);
    assertThat(end(captureId)).as("it is over").isFalse();
    assertThat(end("")).isFalse();
  }

  private boolean end(String captureId) {
    return running
        .query()
        .endCapture(EndCaptureRequest.newBuilder().setCaptureId(captureId).build())
        .getRunning();
  }

  @Test
  void capturePackets_cancelled_finishesTheAgents() {
    ScriptedAgent near = running.agent(Shop.nodeA(), sends(Scene.webToDb(), Shop.NODE_A, 60));
    try (Context.CancellableContext context = Context.current().withCancellation()) {
      context.run(
          () ->
              assertThat(
                      running
                          .query()
                          .capturePackets(
                              WEB_AND_DB.toBuilder()
                                  .clearPods()
                                  .addPods("shop/web")
                                  .setMaxMs(60_000)
                                  .build())
                          .next()
                          .hasStarted())
                  .isTrue());
    }
    await()
        .atMost(5, TimeUnit.SECONDS)
        .until(() -> near.heard().stream().anyMatch(CollectorMessage::hasFinish));
  }
}
