package io.podhop.collector.metrics;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** The collector's counters. Thread-safe. */
public final class Counters {
  private final EnumMap<CollectorCounter, AtomicLong> values =
      new EnumMap<>(CollectorCounter.class);

  public Counters() {
    for (CollectorCounter counter : CollectorCounter.values()) {
      values.put(counter, new AtomicLong());
    }
  }

  public void add(CollectorCounter counter, long count) {
    cell(counter).addAndGet(count);
  }

  public void increment(CollectorCounter counter) {
    add(counter, 1);
  }

  public long get(CollectorCounter counter) {
    return cell(counter).get();
  }

  public Map<CollectorCounter, Long> all() {
    EnumMap<CollectorCounter, Long> all = new EnumMap<>(CollectorCounter.class);
    values.forEach((counter, value) -> all.put(counter, value.get()));
    return all;
  }

  private AtomicLong cell(CollectorCounter counter) {
    AtomicLong cell = values.get(counter);
    if (cell == null) {
      throw new IllegalStateException("every counter has a cell: " + counter);
    }
    return cell;
  }
}
