package io.podhop.collector.api;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.collector.observe.FlowQuestion;
import io.podhop.collector.observe.Observer;
import io.podhop.collector.registry.AgentStatus;
import io.podhop.collector.registry.Registry;
import io.podhop.collector.store.TraceStore;
import io.podhop.collector.trace.Ask;
import io.podhop.collector.trace.CaptureAsk;
import io.podhop.collector.trace.Progress;
import io.podhop.collector.trace.TraceRunner;
import io.podhop.model.FlowFilter;
import io.podhop.model.Protocol;
import io.podhop.v1.CaptureEvent;
import io.podhop.v1.CaptureRequest;
import io.podhop.v1.EndCaptureRequest;
import io.podhop.v1.EndCaptureResponse;
import io.podhop.v1.FlowEvent;
import io.podhop.v1.GetTraceRequest;
import io.podhop.v1.ListNodesRequest;
import io.podhop.v1.ListNodesResponse;
import io.podhop.v1.ListPairsRequest;
import io.podhop.v1.ListPairsResponse;
import io.podhop.v1.ListTracesRequest;
import io.podhop.v1.ListTracesResponse;
import io.podhop.v1.NodeInventory;
import io.podhop.v1.NodeStatus;
import io.podhop.v1.ObserveFlowsRequest;
import io.podhop.v1.QueryGrpc;
import io.podhop.v1.Refusal;
import io.podhop.v1.Trace;
import io.podhop.v1.TraceEvent;
import io.podhop.v1.TraceRequest;
import io.podhop.wire.FlowCodec;
import io.podhop.wire.InventoryCodec;
import io.podhop.wire.TraceCodec;
import java.time.Duration;
import java.util.Optional;

/** Answers questions, and runs traces for those who ask. */
public final class QueryService extends QueryGrpc.QueryImplBase {
  /** Traces in one list, whatever was asked for. */
  static final int MAX_LISTED = 1_000;

  private static final int DEFAULT_LISTED = 20;

  private final TraceRunner runner;
  private final TraceStore store;
  private final Registry registry;
  private final Counters counters;
  private final TraceEvents events;
  private final Observer observer;

  /**
   * @param linkTemplate where a trace can be looked at, with {@code {traceId}} in it; empty for
   *     none
   */
  public QueryService(
      TraceRunner runner,
      Observer observer,
      TraceStore store,
      Registry registry,
      Counters counters,
      String linkTemplate) {
    this.runner = runner;
    this.observer = observer;
    this.store = store;
    this.registry = registry;
    this.counters = counters;
    this.events = new TraceEvents(linkTemplate);
  }

  @Override
  public void runTrace(TraceRequest request, StreamObserver<TraceEvent> responses) {
    Optional<Protocol> protocol =
        request.getProtocol() == 0
            ? Optional.of(Protocol.TCP)
            : Protocol.ofNumber(request.getProtocol());
    if (protocol.isEmpty()) {
      String sentence = "podhop traces tcp, udp and icmp, not protocol " + request.getProtocol();
      responses.onNext(events.of(new Progress.Refused(true, sentence)));
      responses.onCompleted();
      return;
    }
    Reply<TraceEvent> reply = Reply.of(responses);
    reply.cancelWith(
        runner.start(ask(request, protocol.get()), progress -> tell(reply, progress), reply::end));
  }

  /** The traces themselves have every hop: a slow reader does without those shown meanwhile. */
  private void tell(Reply<TraceEvent> reply, Progress progress) {
    if (!(progress instanceof Progress.HopSeen)) {
      reply.tell(events.of(progress));
    } else if (!reply.tellIfReady(events.of(progress))) {
      counters.increment(CollectorCounter.HOPS_NOT_SHOWN);
    }
  }

  @Override
  public void observeFlows(ObserveFlowsRequest request, StreamObserver<FlowEvent> responses) {
    Reply<FlowEvent> reply = Reply.of(responses);
    FlowFilter filter;
    try {
      filter = FlowCodec.decode(request.getFilter());
    } catch (IllegalArgumentException e) {
      reply.tell(ObserveEvents.refused(Refusal.Reason.REASON_USAGE, e.getMessage()));
      reply.end();
      return;
    }
    reply.cancelWith(
        observer.flows(
            FlowQuestion.of(
                filter, request.getLast(), request.getFollow(), request.getEveryPoint()),
            news -> reply.tellWhenReady(ObserveEvents.of(news)),
            reply::end));
  }

  @Override
  public void listPairs(ListPairsRequest request, StreamObserver<ListPairsResponse> responses) {
    Reply<ListPairsResponse> reply = Reply.of(responses);
    reply.cancelWith(
        observer.pairs(
            answer -> reply.tell(ObserveEvents.of(answer)),
            sentence -> reply.fail(refused(Status.RESOURCE_EXHAUSTED, sentence)),
            reply::end));
  }

  @Override
  public void capturePackets(CaptureRequest request, StreamObserver<CaptureEvent> responses) {
    Reply<CaptureEvent> reply = Reply.of(responses);
    CaptureAsk ask =
        CaptureAsk.of(
            request.getPodsList(),
            request.getNamespace(),
            request.getFilter(),
            request.getSnapshotBytes(),
            request.getMaxBytes(),
            request.getMaxMs());
    reply.cancelWith(
        runner.capture(
            ask, progress -> reply.tellWhenReady(CaptureEvents.of(progress)), reply::end));
  }

  @Override
  public void endCapture(EndCaptureRequest request, StreamObserver<EndCaptureResponse> response) {
    boolean running = runner.endCapture(request.getCaptureId());
    response.onNext(EndCaptureResponse.newBuilder().setRunning(running).build());
    response.onCompleted();
  }

  private static Ask ask(TraceRequest request, Protocol protocol) {
    Duration timeout =
        request.getTimeoutMs() == 0
            ? Ask.defaultTimeout(request.getWatch())
            : Duration.ofMillis(Integer.toUnsignedLong(request.getTimeoutMs()));
    return new Ask(
        request.getSource(),
        request.getDestination(),
        request.getNamespace(),
        request.getPort(),
        protocol,
        request.getCount() == 0 ? 1 : request.getCount(),
        request.getWatch(),
        timeout);
  }

  @Override
  public void getTrace(GetTraceRequest request, StreamObserver<Trace> response) {
    String id = request.getTraceId();
    switch (store.get(id)) {
      case TraceStore.Lookup.Found found -> {
        response.onNext(TraceCodec.encode(found.trace()));
        response.onCompleted();
      }
      case TraceStore.Lookup.Unknown _ ->
          response.onError(
              refused(Status.NOT_FOUND, "no trace " + id + " is kept; list those that are"));
      case TraceStore.Lookup.Ambiguous ambiguous ->
          response.onError(
              refused(
                  Status.INVALID_ARGUMENT,
                  "several traces begin with "
                      + id
                      + ": "
                      + String.join(", ", ambiguous.traceIds())));
      case TraceStore.Lookup.Malformed _ ->
          response.onError(
              refused(
                  Status.INVALID_ARGUMENT,
                  "not a trace id: '" + id + "'; give at least its first four hex digits"));
    }
  }

  private static RuntimeException refused(Status status, String sentence) {
    return status.withDescription(sentence).asRuntimeException();
  }

  @Override
  public void listTraces(ListTracesRequest request, StreamObserver<ListTracesResponse> response) {
    long wanted = Integer.toUnsignedLong(request.getLimit());
    int limit = wanted == 0 ? DEFAULT_LISTED : (int) Math.min(wanted, MAX_LISTED);
    ListTracesResponse.Builder list = ListTracesResponse.newBuilder();
    store.list(limit).forEach(trace -> list.addTraces(TraceCodec.encode(trace)));
    response.onNext(list.build());
    response.onCompleted();
  }

  @Override
  public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> response) {
    ListNodesResponse.Builder list = ListNodesResponse.newBuilder();
    registry.nodes().forEach(status -> list.addNodes(encode(status)));
    response.onNext(list.build());
    response.onCompleted();
  }

  private static NodeStatus encode(AgentStatus status) {
    return NodeStatus.newBuilder()
        .setInventory(
            status
                .inventory()
                .map(InventoryCodec::encode)
                .orElse(NodeInventory.newBuilder().setNode(status.node()).build()))
        .setConnected(status.connected())
        .setLastHeardNs(status.lastHeardNs())
        .setVersion(status.version())
        .build();
  }
}
