package io.podhop.agent.capture;

import java.util.concurrent.atomic.AtomicLongArray;

/** The counters of one capture loop; safe for use by any thread. */
final class CaptureCounters {
  private final AtomicLongArray values = new AtomicLongArray(CaptureCounter.values().length);

  void count(CaptureCounter counter, long more) {
    values.addAndGet(counter.ordinal(), more);
  }

  long get(CaptureCounter counter) {
    return values.get(counter.ordinal());
  }
}
