package io.podhop.cli.command;

import io.podhop.cli.render.CaptureText;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A line on a terminal that is drawn anew while a capture runs. */
final class CaptureProgress implements AutoCloseable {
  private static final long REDRAW_MS = 250;

  /** To the line's beginning, and clear to its end (ECMA-48 EL). */
  private static final String AGAIN = "\r\u001b[K";

  private final PrintWriter err;
  private final CaptureGathering capture;
  private final long deadline;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("podhop-progress").daemon().factory());

  private CaptureProgress(PrintWriter err, CaptureGathering capture, Duration time) {
    this.err = err;
    this.capture = capture;
    this.deadline = System.nanoTime() + time.toNanos();
  }

  /**
   * @param enabled false draws nothing
   */
  static CaptureProgress start(
      PrintWriter err, CaptureGathering capture, Duration time, boolean enabled) {
    CaptureProgress progress = new CaptureProgress(err, capture, time);
    if (enabled) {
      var _ =
          progress.thread.scheduleWithFixedDelay(
              progress::draw, 0, REDRAW_MS, TimeUnit.MILLISECONDS);
    }
    return progress;
  }

  private void draw() {
    long left = Math.max(0, TimeUnit.NANOSECONDS.toSeconds(deadline - System.nanoTime()) + 1);
    err.print(AGAIN + CaptureText.progress(capture.packets(), capture.bytes(), left));
    err.flush();
  }

  /** Takes the line back. */
  @Override
  public void close() {
    boolean drew = !thread.shutdownNow().isEmpty();
    if (drew) {
      err.print(AGAIN);
      err.flush();
    }
  }
}
