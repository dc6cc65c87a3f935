package io.podhop.agent.ship;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.podhop.wire.OtlpStatus;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends batches in order on its own thread. Never blocks a caller: a full queue drops the new
 * batch, counts it and says so in the answer.
 */
public final class Shipper implements AutoCloseable {
  /** Batches that may wait; one is a segment, a few kilobytes. */
  public static final int MAX_QUEUED = 4096;

  private static final int MAX_ATTEMPTS = 8;
  private static final long ATTEMPT_TIMEOUT_MS = 2_000;
  private static final long FIRST_BACKOFF_MS = 50;
  private static final Logger LOG = LoggerFactory.getLogger(Shipper.class);

  private final Channel channel;
  private final BlockingQueue<Batch> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final Map<ShipCounter, LongAdder> counters = new EnumMap<>(ShipCounter.class);
  private final Thread worker;
  private volatile boolean closed;

  public Shipper(Channel channel) {
    this.channel = channel;
    EnumSet.allOf(ShipCounter.class).forEach(counter -> counters.put(counter, new LongAdder()));
    this.worker = Thread.ofPlatform().name("podhop-ship").daemon().unstarted(this::run);
  }

  public void start() {
    worker.start();
  }

  /** Hands over one batch; the answer arrives when it was acknowledged or given up. */
  public CompletableFuture<ShipResult> ship(ExportTraceServiceRequest request) {
    Batch batch = new Batch(request, new CompletableFuture<>());
    if (closed || !queue.offer(batch)) {
      counter(ShipCounter.QUEUE_FULL).increment();
      batch.result.complete(
          new ShipResult.Dropped(closed ? "the agent is stopping" : "the ship queue is full"));
    }
    return batch.result;
  }

  public long count(ShipCounter counter) {
    return counter(counter).sum();
  }

  /** Batches that wait. */
  public int waiting() {
    return queue.size();
  }

  private LongAdder counter(ShipCounter counter) {
    return Objects.requireNonNull(counters.get(counter), "every counter exists");
  }

  private void run() {
    try {
      while (!closed || !queue.isEmpty()) {
        Batch batch = queue.poll(100, TimeUnit.MILLISECONDS);
        if (batch != null) {
          batch.result.complete(deliver(batch.request));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Batch left = queue.poll(); left != null; left = queue.poll()) {
      left.result.complete(new ShipResult.Dropped("the agent is stopping"));
    }
  }

  private ShipResult deliver(ExportTraceServiceRequest request) throws InterruptedException {
    long backoffMs = FIRST_BACKOFF_MS;
    String reason = "";
    for (int attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        return answer(send(request));
      } catch (StatusRuntimeException e) {
        reason = e.getStatus().getCode() + ": " + e.getStatus().getDescription();
        if (!OtlpStatus.retryable(e.getStatus().getCode()) || closed) {
          break;
        }
      }
      counter(ShipCounter.RETRIED).increment();
      TimeUnit.MILLISECONDS.sleep(backoffMs);
      backoffMs = Math.min(backoffMs * 2, 2_000);
    }
    counter(ShipCounter.EXPIRED).increment();
    LOG.warn("a batch of spans was dropped: {}", reason);
    return new ShipResult.Dropped(reason);
  }

  private ExportTraceServiceResponse send(ExportTraceServiceRequest request) {
    return TraceServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(ATTEMPT_TIMEOUT_MS, TimeUnit.MILLISECONDS)
        .export(request);
  }

  private ShipResult answer(ExportTraceServiceResponse response) {
    if (response.getPartialSuccess().getRejectedSpans() > 0) {
      counter(ShipCounter.REJECTED).increment();
      return new ShipResult.Dropped(response.getPartialSuccess().getErrorMessage());
    }
    counter(ShipCounter.ACCEPTED).increment();
    return new ShipResult.Accepted();
  }

  /** Sends what is queued, for two seconds at most, then stops. */
  @Override
  public void close() {
    closed = true;
    try {
      worker.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    worker.interrupt();
  }

  private record Batch(ExportTraceServiceRequest request, CompletableFuture<ShipResult> result) {}
}
