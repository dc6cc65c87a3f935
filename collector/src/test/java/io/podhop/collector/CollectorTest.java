package io.podhop.collector;

import static io.podhop.model.Direction.REQUEST;
import static io.podhop.model.PacketKind.SYN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.podhop.collector.export.OtlpEndpoint;
import io.podhop.collector.fixture.BackEnd;
import io.podhop.collector.fixture.Play;
import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.ScriptedAgent;
import io.podhop.collector.fixture.SegmentRequests;
import io.podhop.collector.fixture.Shop;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.model.TraceIds;
import io.podhop.v1.Arm;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.GetTraceRequest;
import io.podhop.v1.ListNodesRequest;
import io.podhop.v1.ListTracesRequest;
import io.podhop.v1.NodeStatus;
import io.podhop.v1.PredictedLeg;
import io.podhop.v1.Probed;
import io.podhop.v1.QueryGrpc;
import io.podhop.v1.Refusal;
import io.podhop.v1.Result;
import io.podhop.v1.Trace;
import io.podhop.v1.TraceEvent;
import io.podhop.v1.TraceRequest;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A whole collector on loopback, with agents that speak the protocol and a back end. */
class CollectorTest {
  private static final TraceRequest WEB_TO_DB =
      TraceRequest.newBuilder()
          .setSource("web")
          .setDestination("shop/db")
          .setNamespace("shop")
          .setPort(Shop.PORT)
          .setTimeoutMs(500)
          .build();

  private final List<ScriptedAgent> agents = new ArrayList<>();
  private BackEnd backEnd;
  private Collector collector;
  private ManagedChannel channel;
  private QueryGrpc.QueryBlockingStub query;

  @BeforeEach
  void start() throws Exception {
    backEnd = new BackEnd(0);
    collector =
        Collector.build(
            new CollectorConfig(
                List.of(ListenAddress.parse("127.0.0.1:0")),
                List.of(OtlpEndpoint.parse("http://127.0.0.1:" + backEnd.port())),
                Optional.empty(),
                "http://jaeger/trace/{traceId}"));
    collector.start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", collector.port()).usePlaintext().build();
    query = QueryGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stop() {
    agents.forEach(ScriptedAgent::close);
    channel.shutdownNow();
    collector.close();
    backEnd.close();
  }

  private ScriptedAgent agentA(Scene scene, Probed.Outcome outcome) {
    return agent(
        new ScriptedAgent(collector.port(), Shop.nodeA(), new Play(scene, Shop.NODE_A, outcome)));
  }

  private ScriptedAgent agentB(Scene scene) {
    return agent(
        new ScriptedAgent(
            collector.port(),
            Shop.nodeB(),
            new Play(scene, Shop.NODE_B, Probed.Outcome.OUTCOME_UNSPECIFIED)));
  }

  private ScriptedAgent agent(ScriptedAgent agent) {
    int before = agents.size();
    agents.add(agent);
    await()
        .atMost(5, TimeUnit.SECONDS)
        .until(
            () ->
                nodes().stream().filter(n -> n.getInventory().getPodsCount() > 0).count() > before
                    || !agent.ends().isEmpty());
    return agent;
  }

  private List<NodeStatus> nodes() {
    return query.listNodes(ListNodesRequest.getDefaultInstance()).getNodesList();
  }

  private List<TraceEvent> run(TraceRequest request) {
    List<TraceEvent> events = new ArrayList<>();
    query.withDeadlineAfter(10, TimeUnit.SECONDS).runTrace(request).forEachRemaining(events::add);
    return events;
  }

  @Test
  void runTrace_twoAgents_streamsHopsAndEndsDelivered() {
    Scene scene = Scene.webToDb().skew(3_600_000_000_000L).handshake();
    agentA(scene, Probed.Outcome.OUTCOME_ANSWERED);
    ScriptedAgent far = agentB(scene);
    List<TraceEvent> events = run(WEB_TO_DB);
    assertThat(events.getFirst().getResolved().getNodesList())
        .containsExactly(Shop.NODE_A, Shop.NODE_B);
    assertThat(events.stream().filter(TraceEvent::hasHop)).hasSize(9);
    List<TraceEvent> traces = events.stream().filter(TraceEvent::hasTrace).toList();
    assertThat(traces).hasSize(1);
    assertThat(traces.getFirst().getTrace().getHopsList()).hasSize(18);
    assertThat(traces.getFirst().getTrace().getTraceId()).isEqualTo(scene.traceId());
    Result result = events.getLast().getResult();
    assertThat(result.getVerdict().getId()).isEqualTo("delivered");
    assertThat(result.getConnections()).isEqualTo(1);
    assertThat(result.getDelivered()).isEqualTo(1);
    assertThat(result.getLink()).isEqualTo("http://jaeger/trace/" + scene.traceId());
    Arm arm = far.heard().getFirst().getArm();
    assertThat(arm.getPodsList()).containsExactly("shop/db");
    assertThat(arm.getPortsList()).containsExactly(Shop.PORT);
    assertThat(arm.getSourceAddressesList()).hasSize(3);
    assertThat(far.heard().getLast().hasFinish()).isTrue();
  }

  @Test
  void runTrace_delivered_isStoredAndExportedOnOneClock() {
    Scene scene = Scene.webToDb().skew(-7_000_000_000L).handshake();
    agentA(scene, Probed.Outcome.OUTCOME_ANSWERED);
    agentB(scene);
    run(WEB_TO_DB);
    String prefix = scene.traceId().substring(0, 8);
    assertThat(query.getTrace(GetTraceRequest.newBuilder().setTraceId(prefix).build()).getTraceId())
        .isEqualTo(scene.traceId());
    assertThat(query.listTraces(ListTracesRequest.getDefaultInstance()).getTracesList()).hasSize(1);
    await().atMost(5, TimeUnit.SECONDS).until(() -> backEnd.spans().size() >= 5);
    List<Span> spans = backEnd.spans();
    assertThat(spans)
        .extracting(Span::getName)
        .containsExactlyInAnyOrder(
            "tcp web → db",
            "connect",
            "accept",
            "SYN VPC: node-a eth1 → node-b eth0",
            "SYN-ACK VPC: node-b eth0 → node-a eth1");
    assertThat(spans)
        .allSatisfy(
            span -> {
              assertThat(span.getStartTimeUnixNano())
                  .isBetween(Scene.START, Scene.START + 1_000_000);
              assertThat(OtlpAttributes.find(span.getAttributesList(), Schema.SEGMENT)).isEmpty();
            });
  }

  @Test
  void runTrace_nodesAsked_traceHasTheWayItShouldHaveTaken() {
    Scene scene = Scene.webToDb().handshake();
    agentA(scene, Probed.Outcome.OUTCOME_ANSWERED);
    agentB(scene);
    Trace trace =
        run(WEB_TO_DB).stream()
            .filter(TraceEvent::hasTrace)
            .map(TraceEvent::getTrace)
            .findFirst()
            .orElseThrow();
    assertThat(trace.getPredictedList())
        .extracting(PredictedLeg::getNode)
        .containsExactly(Shop.NODE_A, Shop.NODE_B, Shop.NODE_B, Shop.NODE_A);
    assertThat(trace.getPredicted(1).getArrives().getAt()).isEqualTo("shop/db");
    assertThat(
            query
                .getTrace(GetTraceRequest.newBuilder().setTraceId(trace.getTraceId()).build())
                .getPredictedList())
        .isEqualTo(trace.getPredictedList());
  }

  @Test
  void runTrace_questionNotAnswered_goesOnAndSaysSo() {
    Scene scene = Scene.webToDb().pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1);
    Play play = new Play(scene, Shop.NODE_A, Probed.Outcome.OUTCOME_TIMEOUT);
    agent(
        new ScriptedAgent(
            collector.port(),
            Shop.nodeA(),
            (agent, message) -> {
              if (!message.hasQuestion()) {
                play.accept(agent, message);
              }
            }));
    agentB(scene);
    TraceEvent trace =
        run(WEB_TO_DB).stream().filter(TraceEvent::hasTrace).findFirst().orElseThrow();
    assertThat(trace.getTrace().getPredictedList()).isEmpty();
    assertThat(trace.getTrace().getVerdict().getId()).isEqualTo("lost-in-vpc");
    assertThat(trace.getTrace().getVerdict().getEvidenceList())
        .contains("the way was not predicted: the nodes did not answer in time");
  }

  @Test
  void runTrace_lostInVpc_endsProvenAndExportsTheLostCrossing() {
    Scene scene = Scene.webToDb().pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1);
    agentA(scene, Probed.Outcome.OUTCOME_TIMEOUT);
    agentB(scene);
    Result result = run(WEB_TO_DB).getLast().getResult();
    assertThat(result.getVerdict().getId()).isEqualTo("lost-in-vpc");
    assertThat(result.getVerdict().getGrade()).isEqualTo("proven");
    assertThat(result.getVerdict().getAfter()).isEqualTo("node-a eth1");
    assertThat(result.getVerdict().getBefore()).isEqualTo("node-b eth0");
    await().atMost(5, TimeUnit.SECONDS).until(() -> backEnd.spans().size() >= 3);
    Span root = span(TraceIds.rootSpanId(scene.traceId()));
    assertThat(root.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
    assertThat(
            OtlpAttributes.find(root.getAttributesList(), Schema.ERROR_TYPE)
                .orElseThrow()
                .getStringValue())
        .isEqualTo("lost-in-vpc");
    assertThat(backEnd.spans())
        .filteredOn(s -> s.getName().equals("SYN VPC: node-a eth1 → node-b eth0"))
        .singleElement()
        .satisfies(
            s ->
                assertThat(s.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR));
  }

  private Span span(String id) {
    return backEnd.spans().stream()
        .filter(s -> s.getSpanId().equals(SegmentRequests.bytes(id)))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void runTrace_nothingSeenByCompleteCapture_isLostInPod() {
    Scene scene = Scene.webToDb();
    agentA(scene, Probed.Outcome.OUTCOME_TIMEOUT);
    agentB(scene);
    Result result = run(WEB_TO_DB).getLast().getResult();
    assertThat(result.getVerdict().getId()).isEqualTo("lost-in-pod");
    assertThat(result.getConnections()).isEqualTo(1);
  }

  @Test
  void runTrace_farAgentSilent_goesOnAndSaysSo() {
    Scene scene = Scene.webToDb().handshake();
    agentA(scene, Probed.Outcome.OUTCOME_ANSWERED);
    agent(new ScriptedAgent(collector.port(), Shop.nodeB(), (_, _) -> {}));
    List<TraceEvent> events = run(WEB_TO_DB);
    assertThat(events.getFirst().getResolved().getWarningsList())
        .anyMatch(w -> w.contains("node-b") && w.contains("1500 ms"));
    TraceEvent trace = events.stream().filter(TraceEvent::hasTrace).findFirst().orElseThrow();
    assertThat(trace.getTrace().getMissingNodesList()).containsExactly(Shop.NODE_B);
    assertThat(events.getLast().getResult().getVerdict().getId()).isEqualTo("delivered");
  }

  @Test
  void runTrace_sourceAgentSilent_isRefusedAsNotObservable() {
    agent(new ScriptedAgent(collector.port(), Shop.nodeA(), (_, _) -> {}));
    Refusal refusal =
        run(WEB_TO_DB.toBuilder().setDestination("192.168.1.22").build()).getLast().getRefusal();
    assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.REASON_NOT_OBSERVABLE);
    assertThat(refusal.getMessage())
        .isEqualTo("the agent on node-a cannot watch: it did not answer within 1500 ms");
  }

  @Test
  void runTrace_sourceAgentDead_isRefusedNamingNodeAndTime() {
    ScriptedAgent dead = agentA(Scene.webToDb(), Probed.Outcome.OUTCOME_ANSWERED);
    agentB(Scene.webToDb());
    dead.close();
    await()
        .atMost(5, TimeUnit.SECONDS)
        .until(() -> nodes().stream().anyMatch(n -> !n.getConnected()));
    Refusal refusal = run(WEB_TO_DB).getLast().getRefusal();
    assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.REASON_NOT_OBSERVABLE);
    assertThat(refusal.getMessage()).contains("node-a").contains("last heard").contains("s ago");
  }

  @Test
  void runTrace_unknownPod_isRefusedWithTheNearestName() {
    agentA(Scene.webToDb(), Probed.Outcome.OUTCOME_ANSWERED);
    Refusal refusal =
        run(WEB_TO_DB.toBuilder().setSource("shop/wbe").build()).getLast().getRefusal();
    assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.REASON_USAGE);
    assertThat(refusal.getMessage())
        .contains("no pod shop/wbe")
        .contains("1 node and 2 pods are known")
        .contains("did you mean shop/web");
  }

  @Test
  void connect_secondAgentOfALivingNode_isRefusedAndTheFirstStays() throws Exception {
    agentA(Scene.webToDb(), Probed.Outcome.OUTCOME_ANSWERED);
    ScriptedAgent second = agentA(Scene.webToDb(), Probed.Outcome.OUTCOME_ANSWERED);
    assertThat(second.ends().poll(5, TimeUnit.SECONDS)).contains("node-a already has an agent");
    assertThat(nodes()).singleElement().matches(NodeStatus::getConnected);
  }

  @Test
  void runTrace_cancelledWhileWatching_finishesTheAgents() {
    Scene scene = Scene.webToDb();
    ScriptedAgent near = agentA(scene, Probed.Outcome.OUTCOME_ANSWERED);
    agentB(scene);
    TraceRequest watch = WEB_TO_DB.toBuilder().setWatch(true).setTimeoutMs(60_000).build();
    try (Context.CancellableContext context = Context.current().withCancellation()) {
      context.run(() -> assertThat(query.runTrace(watch).next().hasResolved()).isTrue());
    }
    await()
        .atMost(5, TimeUnit.SECONDS)
        .until(() -> near.heard().stream().anyMatch(CollectorMessage::hasFinish));
  }

  @Test
  void getTrace_badIds_areExplained() {
    assertThatThrownBy(() -> query.getTrace(GetTraceRequest.newBuilder().setTraceId("zz").build()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("not a trace id");
    assertThatThrownBy(
            () -> query.getTrace(GetTraceRequest.newBuilder().setTraceId("abcdef").build()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("no trace abcdef");
  }

  @Test
  void sweep_segmentsOfNoRun_becomeATraceByThemselves() {
    Scene scene = Scene.webToDb().handshake();
    ScriptedAgent agent = agentA(scene, Probed.Outcome.OUTCOME_ANSWERED);
    agent.ship(SegmentRequests.of(scene.segment(Shop.NODE_A)));
    agent.ship(SegmentRequests.of(scene.segment(Shop.NODE_B)));
    await().atMost(15, TimeUnit.SECONDS).until(() -> backEnd.spans().size() >= 5);
    assertThat(collector.counters().get(CollectorCounter.SEGMENTS_UNCLAIMED)).isEqualTo(2);
    agent.ship(SegmentRequests.of(scene.segment(Shop.NODE_B)));
    assertThat(collector.counters().get(CollectorCounter.SEGMENTS_LATE)).isEqualTo(1);
  }
}
