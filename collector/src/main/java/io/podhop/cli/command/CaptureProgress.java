package io.podhop.cli.command;

import java.io.PrintWriter;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A line on a terminal that is drawn anew while a capture runs. */
final class CaptureProgress implements AutoCloseable {
  private static final long REDRAW_MS = 250;

  /** To the line's beginning, and clear to its end (ECMA-48 EL). */
  private static final String AGAIN = "\r\u001b[K";

  private final PrintWriter err;
  private final Supplier<String> line;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("podhop-progress").daemon().factory());

  private boolean drew;
  private boolean closed;

  private CaptureProgress(PrintWriter err, Supplier<String> line) {
    this.err = err;
    this.line = line;
  }

  /**
   * @param line what to show now
   * @param enabled false draws nothing
   */
  static CaptureProgress start(PrintWriter err, Supplier<String> line, boolean enabled) {
    CaptureProgress progress = new CaptureProgress(err, line);
    if (enabled) {
      var _ =
          progress.thread.scheduleWithFixedDelay(
              progress::draw, 0, REDRAW_MS, TimeUnit.MILLISECONDS);
    }
    return progress;
  }

  private synchronized void draw() {
    if (!closed) {
      err.print(AGAIN + line.get());
      err.flush();
      drew = true;
    }
  }

  /** Takes the line back. */
  @Override
  public synchronized void close() {
    closed = true;
    thread.shutdownNow();
    if (drew) {
      err.print(AGAIN);
      err.flush();
    }
  }
}
