package io.podhop.agent;

import io.podhop.agent.capture.ConversationFilter;
import io.podhop.agent.capture.FilterCompiler;
import io.podhop.agent.capture.FilterException;
import io.podhop.agent.correlate.Conversation;
import io.podhop.agent.correlate.Correlator;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.evidence.Evidence;
import io.podhop.agent.probe.ProbeResult;
import io.podhop.agent.probe.Prober;
import io.podhop.agent.ship.OtlpMessages;
import io.podhop.agent.ship.ShipResult;
import io.podhop.agent.ship.Shipper;
import io.podhop.agent.span.SegmentSpans;
import io.podhop.model.Endpoint;
import io.podhop.model.Hop;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeEvidence;
import io.podhop.model.Owner;
import io.podhop.model.Segment;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Arm;
import io.podhop.v1.Armed;
import io.podhop.v1.Failed;
import io.podhop.v1.Finished;
import io.podhop.v1.HopSeen;
import io.podhop.v1.Probe;
import io.podhop.wire.EvidenceCodec;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.TraceCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out the collector's commands: arm, probe, finish. A request lives from Arm to Finish, or
 * to its own time limit, whichever comes first.
 */
final class TraceRequests implements AutoCloseable {
  /** Traces that may run at once on a node. */
  static final int MAX_REQUESTS = 16;

  private static final long SHIP_TIMEOUT_MS = 1_500;
  private static final Logger LOG = LoggerFactory.getLogger(TraceRequests.class);

  private final NodeReaders readers;
  private final TraceSession.Doors doors;
  private final Evidence evidence;
  private final Prober prober;
  private final Shipper shipper;
  private final Consumer<AgentMessage> answers;
  private final Predicate<AgentMessage> sendIfReady;
  private final Map<String, Request> requests = new ConcurrentHashMap<>();
  private final ScheduledExecutorService workers =
      Executors.newScheduledThreadPool(
          MAX_REQUESTS, Thread.ofPlatform().name("podhop-trace-", 0).daemon().factory());

  /**
   * @param sendIfReady for packets: sends, or returns false when the collector does not read now
   */
  TraceRequests(
      NodeReaders readers,
      TraceSession.Doors doors,
      Evidence evidence,
      Shipper shipper,
      Consumer<AgentMessage> answers,
      Predicate<AgentMessage> sendIfReady) {
    this.readers = readers;
    this.doors = doors;
    this.evidence = evidence;
    this.prober = new Prober(doors.namespaces());
    this.shipper = shipper;
    this.answers = answers;
    this.sendIfReady = sendIfReady;
  }

  private record Request(
      Arm arm,
      TraceSession session,
      Optional<PacketStream> packets,
      Optional<TraceEvidence> evidence,
      Set<Integer> probedPorts)
      implements AutoCloseable {
    @Override
    public void close() {
      session.close();
      packets.ifPresent(PacketStream::close);
      evidence.ifPresent(TraceEvidence::close);
    }
  }

  void arm(Arm arm) {
    run(arm.getRequestId(), () -> openSession(arm));
  }

  void probe(Probe probe) {
    run(probe.getRequestId(), () -> sendProbes(probe));
  }

  void finish(String requestId) {
    run(requestId, () -> close(requestId));
  }

  private void run(String requestId, Work work) {
    try {
      workers.execute(
          () -> {
            try {
              work.run();
            } catch (IOException | RuntimeException e) {
              LOG.debug("request {} failed", requestId, e);
              fail(requestId, String.valueOf(e.getMessage()), e instanceof FilterException);
            }
          });
    } catch (RejectedExecutionException e) {
      fail(requestId, "the agent is stopping", false);
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  private void openSession(Arm arm) throws IOException {
    if (requests.size() >= MAX_REQUESTS) {
      throw new IOException(
          MAX_REQUESTS + " traces run on this node already; try again when one has ended");
    }
    // By itself, for it is joined with others later: "tcp) or (udp" would compile there.
    FilterCompiler.check(arm.getPackets().getFilter());
    NodeView view = readers.read();
    List<Tap> taps = Tap.of(view, arm.getPodsList(), doors.namespaces().ownInode());
    Optional<PacketStream> packets =
        arm.hasPackets()
            ? Optional.of(new PacketStream(arm.getRequestId(), arm.getPackets(), sendIfReady))
            : Optional.empty();
    Optional<TraceEvidence> looked =
        packets.isPresent()
            ? Optional.empty()
            : Optional.of(TraceEvidence.begin(evidence, arm, view, taps));
    TraceSession session;
    try {
      session = capture(arm, view, taps, packets);
    } catch (IOException | RuntimeException e) {
      looked.ifPresent(TraceEvidence::close);
      throw e;
    }
    looked.ifPresent(TraceEvidence::awaitBegun);
    requests.put(
        arm.getRequestId(),
        new Request(arm, session, packets, looked, ConcurrentHashMap.newKeySet()));
    var _ =
        workers.schedule(() -> abandon(arm.getRequestId()), arm.getMaxMs(), TimeUnit.MILLISECONDS);
    answers.accept(
        AgentMessage.newBuilder()
            .setArmed(
                Armed.newBuilder()
                    .setRequestId(arm.getRequestId())
                    .addAllPoints(session.points().stream().map(ModelCodec::encode).toList()))
            .build());
    packets.ifPresent(PacketStream::start);
  }

  private TraceSession capture(
      Arm arm, NodeView view, List<Tap> taps, Optional<PacketStream> packets) throws IOException {
    return packets.isPresent()
        ? TraceSession.arm(view, taps, wanted(arm, view, taps, packets.get()), doors, _ -> {})
        : TraceSession.arm(
            view, taps, TraceSession.Wanted.headers(filter(arm)), doors, hop -> announce(arm, hop));
  }

  private static TraceSession.Wanted wanted(
      Arm arm, NodeView view, List<Tap> taps, PacketStream packets) {
    List<IpAddress> addresses =
        arm.getPodsList().stream()
            .flatMap(pod -> Tap.pod(view, pod).addresses().stream())
            .distinct()
            .toList();
    return TraceSession.Wanted.packets(
        point -> PacketStream.filter(point, arm.getPackets().getFilter(), addresses),
        arm.getPackets().getSnapshotBytes(),
        taps.size(),
        packets::frame);
  }

  private void announce(Arm arm, Hop.Observed hop) {
    answers.accept(
        AgentMessage.newBuilder()
            .setHopSeen(
                HopSeen.newBuilder()
                    .setRequestId(arm.getRequestId())
                    .setHop(ModelCodec.encode((Hop) hop)))
            .build());
  }

  private static String filter(Arm arm) {
    return new ConversationFilter(
            ModelCodec.protocol(arm.getProtocol()),
            arm.getSourceAddressesList().stream()
                .map(ModelCodec::decode)
                .collect(Collectors.toSet()),
            arm.getDestinationAddressesList().stream()
                .map(ModelCodec::decode)
                .collect(Collectors.toSet()),
            new HashSet<>(arm.getPortsList()),
            false)
        .text();
  }

  private void sendProbes(Probe probe) throws IOException {
    Request request = request(probe.getRequestId());
    Path namespace = namespace(request.session.view(), probe.getSourcePod());
    IpAddress destination = ModelCodec.decode(probe.getDestination());
    for (int attempt = 1; attempt <= probe.getCount(); attempt++) {
      ProbeResult result =
          prober.probe(
              namespace,
              ModelCodec.protocol(probe.getProtocol()),
              destination,
              probe.getPort(),
              Duration.ofMillis(probe.getTimeoutMs()));
      request.probedPorts.add(result.sourcePort());
      answers.accept(
          AgentMessage.newBuilder().setProbed(ProbedMessage.of(probe, attempt, result)).build());
      if (attempt < probe.getCount()) {
        pause(probe.getIntervalMs());
      }
    }
  }

  private static void pause(int milliseconds) throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the agent is stopping", e);
    }
  }

  private static Path namespace(NodeView view, String pod) {
    return pod.isEmpty() ? Tap.HOST : Tap.namespace(Tap.pod(view, pod));
  }

  private void close(String requestId) throws IOException {
    Request request = request(requestId);
    requests.remove(requestId);
    try {
      answers.accept(AgentMessage.newBuilder().setFinished(finish(request)).build());
    } finally {
      request.evidence.ifPresent(TraceEvidence::close);
    }
  }

  private Finished finish(Request request) throws IOException {
    TraceSession.Result result = request.session.finish();
    request.packets.ifPresent(PacketStream::end);
    List<String> notes = new ArrayList<>();
    List<Conversation> conversations = conversations(request, result, notes);
    Optional<CompletableFuture<NodeEvidence>> looked =
        request.evidence.map(beside -> beside.end(result.sightings(), conversations));
    List<Segment> segments = segments(request, result, conversations);
    List<CompletableFuture<ShipResult>> shipped =
        segments.stream()
            .map(segment -> shipper.ship(OtlpMessages.of(segment, SegmentSpans.of(segment))))
            .toList();
    for (CompletableFuture<ShipResult> future : shipped) {
      if (acknowledged(future) instanceof ShipResult.Dropped dropped) {
        notes.add("spans were not delivered: " + dropped.reason());
      }
    }
    Finished.Builder finished =
        Finished.newBuilder()
            .setRequestId(request.arm.getRequestId())
            .addAllTraceIds(segments.stream().map(Segment::traceId).toList())
            .addAllCoverage(result.armed().points().stream().map(ModelCodec::encode).toList())
            .addAllNotes(notes);
    if (request.evidence.isPresent() && looked.isPresent()) {
      finished.setEvidence(EvidenceCodec.encode(request.evidence.get().await(looked.get())));
    }
    return finished.build();
  }

  private static List<Conversation> conversations(
      Request request, TraceSession.Result result, List<String> notes) {
    return SeenConversations.join(result.records(), notes).stream()
        .filter(conversation -> asked(request, conversation))
        .toList();
  }

  private static List<Segment> segments(
      Request request, TraceSession.Result result, List<Conversation> conversations) {
    Correlator.Ends ends =
        new Correlator.Ends(
            end(request.arm.hasSource(), request.arm.getSource()),
            end(request.arm.hasDestination(), request.arm.getDestination()));
    return conversations.stream()
        .map(
            conversation ->
                Correlator.segment(request.session.view(), result.armed(), conversation, ends))
        .toList();
  }

  /** A packet capture asks for no pair of ends. */
  private static Endpoint end(boolean asked, io.podhop.v1.Endpoint end) {
    return asked
        ? TraceCodec.decode(end)
        : new Endpoint(IpAddress.ofIpv4(0), 0, new Owner.Unknown());
  }

  /** On the node that probed, only the probes' own connections were asked for. */
  private static boolean asked(Request request, Conversation conversation) {
    return request.probedPorts.isEmpty()
        || request.probedPorts.contains(conversation.before().sourcePort());
  }

  private static ShipResult acknowledged(CompletableFuture<ShipResult> future) {
    try {
      return future.get(SHIP_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new ShipResult.Dropped("the agent is stopping");
    } catch (ExecutionException | TimeoutException e) {
      return new ShipResult.Dropped("no acknowledgement within " + SHIP_TIMEOUT_MS + " ms");
    }
  }

  /** The collector never said Finish: give the rings back. */
  private void abandon(String requestId) {
    Request request = requests.remove(requestId);
    if (request != null) {
      LOG.warn("trace request {} reached its time limit without an end; disarmed", requestId);
      request.close();
    }
  }

  private Request request(String requestId) throws IOException {
    Request request = requests.get(requestId);
    if (request == null) {
      throw new IOException("no trace " + requestId + " is armed on this node");
    }
    return request;
  }

  private void fail(String requestId, String error, boolean usage) {
    answers.accept(
        AgentMessage.newBuilder()
            .setFailed(Failed.newBuilder().setRequestId(requestId).setError(error).setUsage(usage))
            .build());
  }

  @Override
  public void close() {
    workers.shutdownNow();
    requests.values().forEach(Request::close);
    requests.clear();
  }
}
