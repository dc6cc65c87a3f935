package io.podhop.agent.capture;

import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A source while a {@link CaptureLoop} reads it. */
public final class RunningSource {
  /** More than any ring holds: what was captured before the removal is read within this. */
  private static final int MAX_DRAIN_FRAMES = 1 << 20;

  private static final Logger log = LoggerFactory.getLogger(RunningSource.class);

  private final PacketSource source;
  private final FrameHandler handler;
  private final CaptureCounters counters;
  private final CompletableFuture<SourceEnd> end = new CompletableFuture<>();
  private final int fd;
  private long failures;
  private volatile boolean removalRequested;

  RunningSource(PacketSource source, FrameHandler handler, CaptureCounters counters) {
    this.source = source;
    this.handler = handler;
    this.counters = counters;
    this.fd = source.selectableFd();
  }

  public String name() {
    return source.name();
  }

  /**
   * Completes when the source is drained and its last counters are taken, before it is closed. What
   * hangs on it without an executor runs on the capture thread.
   */
  public CompletableFuture<SourceEnd> end() {
    return end.copy();
  }

  int fd() {
    return fd;
  }

  void requestRemoval() {
    removalRequested = true;
  }

  boolean removalRequested() {
    return removalRequested;
  }

  /** As {@link PacketSource#poll}; a handler that throws costs its frame and ends the batch. */
  int read(int limit) {
    try {
      return source.poll(handler, limit);
    } catch (RuntimeException e) {
      if (failures == 0) {
        log.warn("a frame handler of {} failed; more of it is only counted", name(), e);
      }
      failures++;
      counters.count(CaptureCounter.HANDLER_FAILURES, 1);
      return 1;
    }
  }

  /** Reads what the kernel had kept until now, then says how it all ended. */
  SourceEnd drain(Ending whyEnded, long nowNs) {
    int left = MAX_DRAIN_FRAMES;
    int count = 1;
    while (count > 0 && left > 0) {
      count = read(Math.min(left, 4096));
      left -= Math.max(count, 0);
    }
    Ending own = source.ending();
    boolean removed = own.reason() == Ending.Reason.RUNNING;
    return new SourceEnd(name(), removed ? whyEnded : own, source.stats(), failures, nowNs);
  }

  void complete(SourceEnd ended) {
    end.complete(ended);
  }

  void close() {
    source.close();
  }
}
