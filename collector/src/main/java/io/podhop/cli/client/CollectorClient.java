package io.podhop.cli.client;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.podhop.v1.ListNodesRequest;
import io.podhop.v1.QueryGrpc;
import io.podhop.v1.TraceEvent;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A connection to one collector; every call ends by itself within a bound. */
public final class CollectorClient implements AutoCloseable {
  private static final Duration ASK_LIMIT = Duration.ofSeconds(5);

  /** What a collector may take beyond the probes: arming, snapshots, shipping, stitching. */
  private static final Duration TRACE_GRACE = Duration.ofSeconds(30);

  private static final int MAX_ANSWER_BYTES = 64 << 20;

  private final CollectorAddress address;
  private final ManagedChannel channel;
  private final Context.CancellableContext calls = Context.current().withCancellation();

  private CollectorClient(CollectorAddress address, ManagedChannel channel) {
    this.address = address;
    this.channel = channel;
  }

  /**
   * Connects, or says why not: at once when nobody listens there.
   *
   * @throws CollectorException when nothing answers there, or something that is no collector
   */
  public static CollectorClient connect(CollectorAddress address) throws CollectorException {
    Preflight.check(address);
    return new CollectorClient(
        address,
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .usePlaintext()
            .maxInboundMessageSize(MAX_ANSWER_BYTES)
            .build());
  }

  /**
   * Runs a trace; the last news is {@link TraceNews.Finished} or {@link TraceNews.Refused}.
   *
   * @throws CollectorException when the collector goes away, answers too late or not as one
   */
  public void trace(TraceQuestion question, Consumer<TraceNews> news) throws CollectorException {
    long attempts = question.watch() ? 1 : question.count();
    Duration limit = question.timeout().multipliedBy(attempts).plus(TRACE_GRACE);
    boolean ended = false;
    Context before = calls.attach();
    try {
      Iterator<TraceEvent> events = query(limit).runTrace(Answers.encode(question));
      while (!ended && events.hasNext()) {
        TraceNews next = Answers.decode(events.next());
        ended = next instanceof TraceNews.Finished || next instanceof TraceNews.Refused;
        news.accept(next);
      }
    } catch (StatusRuntimeException e) {
      throw Failures.of(e, address);
    } catch (IllegalArgumentException e) {
      throw Failures.unreadable(e, address);
    } finally {
      calls.detach(before);
    }
    if (!ended) {
      throw new CollectorException(
          "the collector at " + address + " ended the trace without a verdict");
    }
  }

  /**
   * The nodes whose agents have registered.
   *
   * @throws CollectorException when the collector goes away, answers too late or not as one
   */
  public List<KnownNode> nodes() throws CollectorException {
    try {
      return query(ASK_LIMIT)
          .listNodes(ListNodesRequest.getDefaultInstance())
          .getNodesList()
          .stream()
          .map(Answers::decode)
          .toList();
    } catch (StatusRuntimeException e) {
      throw Failures.of(e, address);
    } catch (IllegalArgumentException e) {
      throw Failures.unreadable(e, address);
    }
  }

  /** Ends a running call from another thread, so that the collector stops tracing at once. */
  public void cancel() {
    calls.cancel(null);
    channel.shutdownNow();
  }

  @Override
  public void close() {
    cancel();
  }

  private QueryGrpc.QueryBlockingStub query(Duration limit) {
    return QueryGrpc.newBlockingStub(channel)
        .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
  }
}
