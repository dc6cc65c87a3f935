package io.podhop.collector.export;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.wire.OtlpStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers spans to one OTLP/gRPC receiver from a bounded queue, on a thread of its own. A batch is
 * sent when its receiver has answered so; which failures are worth repeating is said by the OTLP
 * specification ("Failures", OTLP/gRPC).
 */
public final class OtlpExporter implements AutoCloseable {
  /** Batches that may wait; one batch is one trace. */
  static final int MAX_QUEUE = 4_096;

  /** How long one batch is tried again before it is dropped. */
  static final Duration GIVE_UP = Duration.ofMinutes(2);

  /** How long closing waits for what is still queued. */
  static final Duration FLUSH = Duration.ofSeconds(3);

  private static final Logger LOG = LoggerFactory.getLogger(OtlpExporter.class);
  private static final long CALL_SECONDS = 5;
  private static final long FIRST_BACKOFF_MS = 100;
  private static final long LONGEST_BACKOFF_MS = 5_000;

  private final OtlpEndpoint endpoint;
  private final Counters counters;
  private final ManagedChannel channel;
  private final TraceServiceGrpc.TraceServiceBlockingStub stub;
  private final BlockingQueue<List<ResourceSpans>> queue = new ArrayBlockingQueue<>(MAX_QUEUE);
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private volatile long flushUntilNanos = Long.MAX_VALUE;
  private boolean failing;

  public OtlpExporter(OtlpEndpoint endpoint, Counters counters) {
    this.endpoint = endpoint;
    this.counters = counters;
    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port());
    this.channel =
        (endpoint.tls() ? builder.useTransportSecurity() : builder.usePlaintext()).build();
    this.stub = TraceServiceGrpc.newBlockingStub(channel);
    this.thread = Thread.ofPlatform().name("podhop-export").daemon().unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /** Queues spans of one trace; drops and counts them when the queue is full. */
  public void export(List<ResourceSpans> spans) {
    if (!queue.offer(spans)) {
      counters.increment(CollectorCounter.EXPORT_DROPPED);
    }
  }

  private void run() {
    try {
      while (!isClosing() || !queue.isEmpty()) {
        List<ResourceSpans> spans = queue.poll(200, TimeUnit.MILLISECONDS);
        if (spans != null) {
          deliver(spans);
        }
      }
    } catch (InterruptedException e) {
      counters.add(CollectorCounter.EXPORT_DROPPED, queue.size());
      Thread.currentThread().interrupt();
    }
  }

  private void deliver(List<ResourceSpans> spans) throws InterruptedException {
    ExportTraceServiceRequest request =
        ExportTraceServiceRequest.newBuilder().addAllResourceSpans(spans).build();
    long giveUpNanos = System.nanoTime() + GIVE_UP.toNanos();
    long backoffMs = FIRST_BACKOFF_MS;
    while (true) {
      Status status = send(request);
      if (status.isOk()) {
        return;
      }
      long now = System.nanoTime();
      boolean late = now > giveUpNanos || isClosing() && now > flushUntilNanos;
      if (late || !OtlpStatus.retryable(status.getCode())) {
        counters.increment(CollectorCounter.EXPORT_DROPPED);
        return;
      }
      counters.increment(CollectorCounter.EXPORT_RETRIED);
      pause(backoffMs);
      backoffMs = Math.min(2 * backoffMs, LONGEST_BACKOFF_MS);
    }
  }

  /** Waits before another try, or less when closing begins. */
  private void pause(long ms) throws InterruptedException {
    if (closing.await(ms, TimeUnit.MILLISECONDS)) {
      TimeUnit.MILLISECONDS.sleep(FIRST_BACKOFF_MS);
    }
  }

  private Status send(ExportTraceServiceRequest request) {
    try {
      accept(stub.withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS).export(request));
      if (failing) {
        LOG.info("trace back end {} takes spans again", endpoint);
        failing = false;
      }
      return Status.OK;
    } catch (StatusRuntimeException e) {
      if (!failing) {
        LOG.warn("trace back end {} does not take spans: {}", endpoint, e.getStatus());
        failing = true;
      }
      return e.getStatus();
    }
  }

  private void accept(ExportTraceServiceResponse response) {
    ExportTracePartialSuccess partial = response.getPartialSuccess();
    counters.increment(CollectorCounter.EXPORT_SENT);
    if (partial.getRejectedSpans() > 0) {
      counters.add(CollectorCounter.EXPORT_REJECTED, partial.getRejectedSpans());
      LOG.warn(
          "trace back end {} rejected {} spans: {}",
          endpoint,
          partial.getRejectedSpans(),
          partial.getErrorMessage());
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  /** Sends what is queued, for a bounded time; what is left then is dropped and counted. */
  @Override
  public void close() {
    flushUntilNanos = System.nanoTime() + FLUSH.toNanos();
    closing.countDown();
    try {
      if (thread.isAlive() && !thread.join(FLUSH)) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    channel.shutdownNow();
  }
}
