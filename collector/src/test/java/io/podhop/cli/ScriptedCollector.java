package io.podhop.cli;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.podhop.model.Explanation;
import io.podhop.model.Flow;
import io.podhop.model.Hop;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import io.podhop.v1.CaptureEvent;
import io.podhop.v1.CaptureRequest;
import io.podhop.v1.EndCaptureRequest;
import io.podhop.v1.EndCaptureResponse;
import io.podhop.v1.ExplainGrpc;
import io.podhop.v1.ExplainRequest;
import io.podhop.v1.FlowEvent;
import io.podhop.v1.FlowsLost;
import io.podhop.v1.ListNodesRequest;
import io.podhop.v1.ListNodesResponse;
import io.podhop.v1.ListPairsRequest;
import io.podhop.v1.ListPairsResponse;
import io.podhop.v1.NodeStatus;
import io.podhop.v1.ObserveFlowsRequest;
import io.podhop.v1.QueryGrpc;
import io.podhop.v1.Refusal;
import io.podhop.v1.Resolved;
import io.podhop.v1.Result;
import io.podhop.v1.TraceEvent;
import io.podhop.v1.TraceRequest;
import io.podhop.wire.ExplainCodec;
import io.podhop.wire.FlowCodec;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.TraceCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** A real gRPC server on loopback that plays the events it was given. */
public final class ScriptedCollector extends QueryGrpc.QueryImplBase implements AutoCloseable {
  public final BlockingQueue<TraceRequest> asked = new LinkedBlockingQueue<>();
  public final BlockingQueue<ObserveFlowsRequest> observed = new LinkedBlockingQueue<>();
  public final BlockingQueue<CaptureRequest> captured = new LinkedBlockingQueue<>();
  public final BlockingQueue<String> ended = new LinkedBlockingQueue<>();
  public final BlockingQueue<ExplainRequest> explained = new LinkedBlockingQueue<>();
  public final CountDownLatch cancelled = new CountDownLatch(1);

  private final List<TraceEvent> events = new ArrayList<>();
  private final List<FlowEvent> flowEvents = new ArrayList<>();
  private final List<CaptureEvent> captureEvents = new ArrayList<>();
  private final List<CaptureEvent> lastCaptureEvents = new ArrayList<>();
  private final Queue<ListPairsResponse> pairs = new ArrayDeque<>();
  private final List<Explanation> explanations = new ArrayList<>();
  private final List<NodeStatus> nodes = new ArrayList<>();
  private final Server server;
  private final String address;
  private Status end = Status.OK;
  private boolean hang;
  private volatile StreamObserver<CaptureEvent> capturing;

  public ScriptedCollector() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .addService(new Explaining())
            .build()
            .start();
    address = "127.0.0.1:" + server.getPort();
  }

  public String address() {
    return address;
  }

  public ScriptedCollector resolved() {
    return then(
        TraceEvent.newBuilder()
            .setResolved(
                Resolved.newBuilder()
                    .setSource(TraceCodec.encode(Scenes.WEB))
                    .setDestination(TraceCodec.encode(Scenes.DB))
                    .setProtocol(6)
                    .addNodes("node-a")
                    .addNodes("node-b"))
            .build());
  }

  public ScriptedCollector hops(List<Hop> hops) {
    hops.forEach(hop -> then(TraceEvent.newBuilder().setHop(ModelCodec.encode(hop)).build()));
    return this;
  }

  public ScriptedCollector trace(Trace trace) {
    return then(TraceEvent.newBuilder().setTrace(TraceCodec.encode(trace)).build());
  }

  public ScriptedCollector result(int connections, int delivered, Verdict verdict) {
    return then(
        TraceEvent.newBuilder()
            .setResult(
                Result.newBuilder()
                    .setConnections(connections)
                    .setDelivered(delivered)
                    .setVerdict(TraceCodec.encode(verdict))
                    .setLink(Scenes.LINK))
            .build());
  }

  public ScriptedCollector refusal(Refusal.Reason reason, String message) {
    return then(
        TraceEvent.newBuilder()
            .setRefusal(Refusal.newBuilder().setReason(reason).setMessage(message))
            .build());
  }

  public ScriptedCollector then(TraceEvent event) {
    events.add(event);
    return this;
  }

  public ScriptedCollector node(NodeStatus node) {
    nodes.add(node);
    return this;
  }

  public ScriptedCollector flow(Flow flow) {
    return then(FlowEvent.newBuilder().setFlow(FlowCodec.encode(flow)).build());
  }

  public ScriptedCollector lost(String node, long count, String reason) {
    FlowsLost lost = FlowsLost.newBuilder().setNode(node).setCount(count).setReason(reason).build();
    return then(FlowEvent.newBuilder().setLost(lost).build());
  }

  public ScriptedCollector then(FlowEvent event) {
    flowEvents.add(event);
    return this;
  }

  public ScriptedCollector then(CaptureEvent.Builder event) {
    captureEvents.add(event.build());
    return this;
  }

  /** What a capture that hangs says when it is ended; without any it goes on. */
  public ScriptedCollector whenEnded(CaptureEvent.Builder event) {
    lastCaptureEvents.add(event.build());
    return this;
  }

  /** One answer to one question; the last one stays. */
  public ScriptedCollector pairs(ListPairsResponse answer) {
    pairs.add(answer);
    return this;
  }

  public ScriptedCollector explains(Explanation explanation) {
    explanations.add(explanation);
    return this;
  }

  /** Ends calls with this status instead of OK. */
  public ScriptedCollector endsWith(Status status) {
    end = status;
    return this;
  }

  /** Never ends a trace. */
  public ScriptedCollector hangs() {
    hang = true;
    return this;
  }

  @Override
  public void runTrace(TraceRequest request, StreamObserver<TraceEvent> answer) {
    ((ServerCallStreamObserver<TraceEvent>) answer).setOnCancelHandler(cancelled::countDown);
    events.forEach(answer::onNext);
    asked.add(request);
    if (!hang) {
      end(answer);
    }
  }

  private final class Explaining extends ExplainGrpc.ExplainImplBase {
    @Override
    public void explainPath(
        ExplainRequest request, StreamObserver<io.podhop.v1.Explanation> answer) {
      explained.add(request);
      explanations.stream().map(ExplainCodec::encode).forEach(answer::onNext);
      end(answer);
    }
  }

  @Override
  public void observeFlows(ObserveFlowsRequest request, StreamObserver<FlowEvent> answer) {
    play(answer, flowEvents, () -> observed.add(request));
  }

  @Override
  public void capturePackets(CaptureRequest request, StreamObserver<CaptureEvent> answer) {
    capturing = answer;
    play(answer, captureEvents, () -> captured.add(request));
  }

  @Override
  public void endCapture(EndCaptureRequest request, StreamObserver<EndCaptureResponse> answer) {
    ended.add(request.getCaptureId());
    answer.onNext(EndCaptureResponse.newBuilder().setRunning(true).build());
    answer.onCompleted();
    if (!lastCaptureEvents.isEmpty()) {
      lastCaptureEvents.forEach(capturing::onNext);
      capturing.onCompleted();
    }
  }

  private <E> void play(StreamObserver<E> answer, List<E> script, Runnable played) {
    ((ServerCallStreamObserver<E>) answer).setOnCancelHandler(cancelled::countDown);
    script.forEach(answer::onNext);
    played.run();
    if (!hang) {
      end(answer);
    }
  }

  @Override
  public void listPairs(ListPairsRequest request, StreamObserver<ListPairsResponse> answer) {
    if (end.isOk()) {
      answer.onNext(pairs.size() > 1 ? pairs.remove() : pairs.element());
    }
    end(answer);
  }

  @Override
  public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> answer) {
    if (end.isOk()) {
      answer.onNext(ListNodesResponse.newBuilder().addAllNodes(nodes).build());
    }
    end(answer);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private void end(StreamObserver<?> answer) {
    if (end.isOk()) {
      answer.onCompleted();
    } else {
      answer.onError(end.asRuntimeException());
    }
  }
}
