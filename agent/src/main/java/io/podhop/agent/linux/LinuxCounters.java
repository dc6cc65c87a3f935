package io.podhop.agent.linux;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The counters of one agent; safe for use by any thread. */
public final class LinuxCounters {
  private final Map<LinuxCounter, LongAdder> adders = new EnumMap<>(LinuxCounter.class);

  public LinuxCounters() {
    for (LinuxCounter counter : LinuxCounter.values()) {
      adders.put(counter, new LongAdder());
    }
  }

  public void count(LinuxCounter counter) {
    adder(counter).increment();
  }

  public long get(LinuxCounter counter) {
    return adder(counter).sum();
  }

  private LongAdder adder(LinuxCounter counter) {
    LongAdder adder = adders.get(counter);
    if (adder == null) {
      throw new IllegalStateException("no counter " + counter);
    }
    return adder;
  }
}
