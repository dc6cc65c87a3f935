package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a person's Ctrl-C does to a running capture. The first asks the collector to end it, so that
 * verdicts and statistics still come, for a bounded time; the next one, or the first while nothing
 * is captured yet, ends it at once.
 */
final class CaptureEnd implements AutoCloseable {
  /** How long verdicts may take once they are asked for. */
  static final long PATIENCE_SECONDS = 5;

  private static final int SIGNAL_EXIT = 128;

  private final CollectorClient client;
  private final CaptureGathering capture;
  private final AtomicInteger signal = new AtomicInteger();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Signals signals = Signals.open(this::signalled);

  /** Hears signals until it is closed. */
  CaptureEnd(CollectorClient client, CaptureGathering capture) {
    this.client = client;
    this.capture = capture;
  }

  private void signalled(int number) {
    boolean first = signal.compareAndSet(0, number);
    if (!first || !ask() || !isOverInTime()) {
      client.cancel();
    }
  }

  private boolean ask() {
    try {
      String captureId = capture.captureId();
      return !captureId.isEmpty() && client.endCapture(captureId);
    } catch (CollectorException e) {
      return false;
    }
  }

  private boolean isOverInTime() {
    try {
      return over.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Somebody ended the capture: what fails now failed because of that. */
  boolean isAsked() {
    return signal.get() != 0;
  }

  /** As a shell reports a program that a signal ended; else what it is given. */
  int exit(int otherwise) {
    int number = signal.get();
    return number == 0 ? otherwise : SIGNAL_EXIT + number;
  }

  /** The last news has come. */
  void over() {
    over.countDown();
  }

  @Override
  public void close() {
    over();
    signals.close();
  }
}
