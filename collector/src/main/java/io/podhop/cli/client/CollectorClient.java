package io.podhop.cli.client;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.podhop.model.Explanation;
import io.podhop.model.FlowFilter;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeDescription;
import io.podhop.v1.AddressRequest;
import io.podhop.v1.AuditResponse;
import io.podhop.v1.EndCaptureRequest;
import io.podhop.v1.ExplainGrpc;
import io.podhop.v1.ExplainRequest;
import io.podhop.v1.ListNodesRequest;
import io.podhop.v1.ListPairsRequest;
import io.podhop.v1.NodeRequest;
import io.podhop.v1.ObserveFlowsRequest;
import io.podhop.v1.QueryGrpc;
import io.podhop.wire.AddressCodec;
import io.podhop.wire.AuditCodec;
import io.podhop.wire.ExplainCodec;
import io.podhop.wire.FlowCodec;
import io.podhop.wire.NodeCodec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** A connection to one collector; every call ends by itself within a bound. */
public final class CollectorClient implements AutoCloseable {
  private static final Duration ASK_LIMIT = Duration.ofSeconds(5);

  /** What a collector may take beyond the probes: arming, snapshots, shipping, stitching. */
  private static final Duration TRACE_GRACE = Duration.ofSeconds(30);

  /** For the kept flows of all nodes, or what all nodes find when they look at themselves. */
  private static final Duration OBSERVE_LIMIT = Duration.ofSeconds(30);

  /** For every node on the way, one after the other. */
  private static final Duration EXPLAIN_LIMIT = Duration.ofSeconds(30);

  private static final int MAX_ANSWER_BYTES = 64 << 20;

  /** For people: where the answers come from. */
  private final String address;

  private final ManagedChannel channel;
  private final InstantSource clock;
  private final Runnable end;
  private final Context.CancellableContext calls = Context.current().withCancellation();

  private CollectorClient(
      String address, ManagedChannel channel, InstantSource clock, Runnable end) {
    this.address = address;
    this.channel = channel;
    this.clock = clock;
    this.end = end;
  }

  /**
   * Connects, or says why not: at once when nobody listens there.
   *
   * @throws CollectorException when nothing answers there, or something that is no collector
   */
  public static CollectorClient connect(CollectorAddress address) throws CollectorException {
    Preflight.check(address);
    return new CollectorClient(
        address.toString(),
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .usePlaintext()
            .maxInboundMessageSize(MAX_ANSWER_BYTES)
            .build(),
        InstantSource.system(),
        () -> {});
  }

  /**
   * Asks over a channel that is open.
   *
   * @param name of what answers there, for messages
   * @param asOf when it knew what it tells
   * @param end to be run when the client is closed
   */
  public static CollectorClient over(
      ManagedChannel channel, String name, Instant asOf, Runnable end) {
    return new CollectorClient(name, channel, InstantSource.fixed(asOf), end);
  }

  /** The moment of the answers: this one, or that of a bundle. */
  public Instant now() {
    return clock.instant();
  }

  /**
   * Runs a trace; the last news is {@link TraceNews.Finished} or {@link TraceNews.Refused}.
   *
   * @throws CollectorException when the collector goes away, answers too late or not as one
   */
  public void trace(TraceQuestion question, Consumer<TraceNews> news) throws CollectorException {
    long attempts = question.watch() ? 1 : question.count();
    Duration limit = question.timeout().multipliedBy(attempts).plus(TRACE_GRACE);
    boolean ended =
        listen(
            () -> query(limit).runTrace(Answers.encode(question)),
            event -> {
              TraceNews next = Answers.decode(event);
              news.accept(next);
              return next instanceof TraceNews.Finished || next instanceof TraceNews.Refused;
            });
    if (!ended) {
      throw new CollectorException(
          "the collector at " + address + " ended the trace without a verdict");
    }
  }

  /**
   * Observes flows: until {@link #cancel} when asked to follow, or the collector refuses.
   *
   * @param last of the flows that are kept, the newest
   * @param everyPoint a connection from both nodes that saw it, not only from where it began
   * @throws CollectorException when the collector goes away, answers too late or not as one
   */
  public void flows(
      FlowFilter filter, int last, boolean follow, boolean everyPoint, Consumer<FlowNews> news)
      throws CollectorException {
    ObserveFlowsRequest question =
        ObserveFlowsRequest.newBuilder()
            .setFilter(FlowCodec.encode(filter))
            .setLast(last)
            .setFollow(follow)
            .setEveryPoint(everyPoint)
            .build();
    QueryGrpc.QueryBlockingStub query =
        follow ? QueryGrpc.newBlockingStub(channel) : query(OBSERVE_LIMIT);
    boolean refused =
        listen(
            () -> query.observeFlows(question),
            event -> {
              FlowNews next = ObserveAnswers.decode(event);
              news.accept(next);
              return next instanceof FlowNews.Refused;
            });
    if (follow && !refused) {
      throw new CollectorException("the collector at " + address + " ended the observation");
    }
  }

  /**
   * The totals of all pairs since the agents started.
   *
   * @throws CollectorException when the collector goes away, answers too late or not as one
   */
  public KnownPairs pairs() throws CollectorException {
    return ask(
        () ->
            ObserveAnswers.decode(
                query(ASK_LIMIT).listPairs(ListPairsRequest.getDefaultInstance())));
  }

  /**
   * Captures packets; the last news is {@link CaptureNews.Ended} or {@link CaptureNews.Refused}.
   *
   * @throws CollectorException when the collector goes away, answers too late or not as one
   */
  public void capture(CaptureQuestion question, Consumer<CaptureNews> news)
      throws CollectorException {
    Duration limit = question.time().plus(TRACE_GRACE);
    boolean ended =
        listen(
            () -> query(limit).capturePackets(ObserveAnswers.encode(question)),
            event -> {
              CaptureNews next = ObserveAnswers.decode(event);
              news.accept(next);
              return next instanceof CaptureNews.Ended || next instanceof CaptureNews.Refused;
            });
    if (!ended) {
      throw new CollectorException(
          "the collector at " + address + " ended the capture without saying why");
    }
  }

  /**
   * Ends a running capture as if its time were over, from another thread than the one that hears
   * its news: they go on to the last.
   *
   * @param captureId as {@link CaptureNews.Started} names it
   * @return false when the collector knows of no such capture
   * @throws CollectorException when the collector does not answer, or is too old to be asked
   */
  public boolean endCapture(String captureId) throws CollectorException {
    EndCaptureRequest question = EndCaptureRequest.newBuilder().setCaptureId(captureId).build();
    return ask(() -> query(ASK_LIMIT).endCapture(question).getRunning());
  }

  /** Hears events until one of them is the last; false when the stream ends before. */
  private <E> boolean listen(Supplier<Iterator<E>> question, Predicate<E> isLast)
      throws CollectorException {
    return ask(
        () -> {
          Iterator<E> events = question.get();
          while (events.hasNext()) {
            if (isLast.test(events.next())) {
              return true;
            }
          }
          return false;
        });
  }

  private <A> A ask(Supplier<A> question) throws CollectorException {
    Context before = calls.attach();
    try {
      return question.get();
    } catch (StatusRuntimeException e) {
      throw Failures.of(e, address);
    } catch (IllegalArgumentException e) {
      throw Failures.unreadable(e, address);
    } finally {
      calls.detach(before);
    }
  }

  /**
   * The nodes whose agents have registered.
   *
   * @throws CollectorException when the collector goes away, answers too late or not as one
   */
  public List<KnownNode> nodes() throws CollectorException {
    return ask(
        () ->
            query(ASK_LIMIT)
                .listNodes(ListNodesRequest.getDefaultInstance())
                .getNodesList()
                .stream()
                .map(Answers::decode)
                .toList());
  }

  /**
   * The way that a connection should take, there and back; nothing is sent.
   *
   * @throws RefusedQuestionException when a name or a port means nothing or too much
   * @throws CollectorException when the collector goes away, answers too late or not as one, or has
   *     no agent where the connection begins
   */
  public Explanation explain(ExplainQuestion question) throws CollectorException {
    ExplainRequest request =
        ExplainRequest.newBuilder()
            .setSource(question.ends().source())
            .setDestination(question.ends().destination())
            .setNamespace(question.namespace())
            .setPort(question.port())
            .setProtocol(question.protocol().number())
            .setLength(question.length())
            .build();
    return ask(() -> ExplainCodec.decode(explain(EXPLAIN_LIMIT).explainPath(request)));
  }

  /**
   * Whose an address was, or which addresses a pod had, by the word of every node.
   *
   * @param at an instant at which the address's state is told, too
   * @throws CollectorException when the collector goes away, answers too late or not as one
   */
  public KnownAddress address(IpAddress address, Optional<Instant> at) throws CollectorException {
    return address(
        AddressRequest.newBuilder()
            .setAddress(address.toString())
            .setAtNs(at.map(AddressCodec::nanos).orElse(0L))
            .build());
  }

  /**
   * Which addresses a pod had, by the word of every node.
   *
   * @param pod {@code namespace/name}, or a name
   * @param namespace for a name without one; empty to find it
   * @throws CollectorException when the pod is not known, or the collector goes away, answers too
   *     late or not as one
   */
  public KnownAddress addressesOf(String pod, String namespace) throws CollectorException {
    return address(AddressRequest.newBuilder().setPod(pod).setNamespace(namespace).build());
  }

  private KnownAddress address(AddressRequest request) throws CollectorException {
    return ask(() -> Answers.decode(explain(ASK_LIMIT).getAddress(request)));
  }

  /**
   * What a node has for its pods.
   *
   * @throws CollectorException when the node is not known or silent, or the collector goes away,
   *     answers too late or not as one
   */
  public NodeDescription node(String name) throws CollectorException {
    NodeRequest request = NodeRequest.newBuilder().setNode(name).build();
    return ask(() -> NodeCodec.decode(explain(ASK_LIMIT).describeNode(request)));
  }

  private ExplainGrpc.ExplainBlockingStub explain(Duration limit) {
    return ExplainGrpc.newBlockingStub(channel)
        .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Audits a node.
   *
   * @param node empty for all of them
   * @throws RefusedQuestionException when there is no such node
   * @throws CollectorException when the collector goes away, answers too late or not as one
   */
  public KnownAudits audit(String node) throws CollectorException {
    NodeRequest question = NodeRequest.newBuilder().setNode(node).build();
    return ask(
        () -> {
          AuditResponse answer = explain(OBSERVE_LIMIT).auditNodes(question);
          return new KnownAudits(
              answer.getReportsList().stream().map(AuditCodec::decode).toList(),
              answer.getSilentNodesList());
        });
  }

  /** Ends a running call from another thread, so that the collector stops tracing at once. */
  public void cancel() {
    calls.cancel(null);
    channel.shutdownNow();
  }

  @Override
  public void close() {
    cancel();
    end.run();
  }

  private QueryGrpc.QueryBlockingStub query(Duration limit) {
    return QueryGrpc.newBlockingStub(channel)
        .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
  }
}
