package io.podhop.agent.capture;

import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A source while a {@link CaptureLoop} reads it. */
public final class RunningSource {
  private static final Logger log = LoggerFactory.getLogger(RunningSource.class);

  private final PacketSource source;
  private final FrameHandler handler;
  private final CaptureCounters counters;
  private final CompletableFuture<SourceEnd> end = new CompletableFuture<>();
  private final int fd;
  private final boolean patient;
  private long failures;
  private long toNs;
  private Ending whyEnded = Ending.REMOVED;
  private volatile CaptureStats stats = CaptureStats.NONE;
  private volatile boolean removalRequested;

  RunningSource(PacketSource source, FrameHandler handler, CaptureCounters counters) {
    this.source = source;
    this.handler = handler;
    this.counters = counters;
    this.fd = source.selectableFd();
    this.patient = source.patient();
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

  /** What was counted a second ago at most, or until the end; for any thread. */
  public CaptureStats stats() {
    return stats;
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

  /** Begins the end: what was captured until now is still read. */
  void finish(Ending why, long nowNs) {
    if (toNs == 0) {
      toNs = nowNs;
      whyEnded = why;
      source.finish();
    }
  }

  boolean finishing() {
    return toNs != 0;
  }

  void failed() {
    source.failed();
  }

  boolean patient() {
    return patient;
  }

  /** Says how it all ended; {@code nowNs} is when, unless somebody asked for it earlier. */
  SourceEnd ended(long nowNs) {
    boolean asked = toNs != 0;
    Ending own = source.ending();
    Ending why = asked && own.reason() == Ending.Reason.REMOVED ? whyEnded : own;
    takeStats();
    return new SourceEnd(name(), why, stats, failures, asked ? toNs : nowNs);
  }

  void takeStats() {
    stats = source.stats();
  }

  void complete(SourceEnd ended) {
    end.complete(ended);
  }

  void close() {
    source.close();
  }
}
