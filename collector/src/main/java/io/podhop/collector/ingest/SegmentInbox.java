package io.podhop.collector.ingest;

import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;

/** Segments that wait to be stitched, and the ids of traces that are closed. Thread-safe. */
public final class SegmentInbox {
  /** Traces whose segments may wait at one time. */
  static final int MAX_TRACES = 20_000;

  /** Closed traces remembered, so that a late segment does not open a second trace. */
  static final int MAX_CLOSED = 50_000;

  /** Traces whose late segments are kept for a packet capture that may ask for them. */
  static final int MAX_LATE = 1_000;

  private final Counters counters;
  private final LinkedHashMap<String, Map<String, Delivery>> waiting = new LinkedHashMap<>();
  private final LinkedHashSet<String> closed = new LinkedHashSet<>();
  private final LinkedHashMap<String, Map<String, Delivery>> late = new LinkedHashMap<>();

  public SegmentInbox(Counters counters) {
    this.counters = counters;
  }

  /**
   * Keeps a delivery, in place of an earlier one of the same node; false when its trace is closed.
   */
  public synchronized boolean put(Delivery delivery) {
    String traceId = delivery.segment().traceId();
    if (closed.contains(traceId)) {
      counters.increment(CollectorCounter.SEGMENTS_LATE);
      keepLate(delivery);
      return false;
    }
    Map<String, Delivery> nodes = waiting.computeIfAbsent(traceId, _ -> new LinkedHashMap<>());
    if (nodes.put(delivery.segment().node(), delivery) != null) {
      counters.increment(CollectorCounter.SEGMENTS_REPEATED);
    }
    if (waiting.size() > MAX_TRACES) {
      String oldest = waiting.sequencedKeySet().getFirst();
      counters.add(CollectorCounter.SEGMENTS_EVICTED, waiting.sequencedValues().getFirst().size());
      waiting.remove(oldest);
    }
    return true;
  }

  /** Without the spans, which are passed on. */
  private void keepLate(Delivery delivery) {
    late.computeIfAbsent(delivery.segment().traceId(), _ -> new LinkedHashMap<>())
        .put(
            delivery.segment().node(),
            new Delivery(delivery.segment(), List.of(), delivery.arrivedNs()));
    if (late.size() > MAX_LATE) {
      late.pollFirstEntry();
    }
  }

  /**
   * Takes the segments, without spans, that came for a trace after it was closed: a connection that
   * somebody traced, or that an agent reported by itself, may be captured as well.
   */
  public synchronized List<Delivery> takeLate(String traceId) {
    Map<String, Delivery> nodes = late.remove(traceId);
    return nodes == null ? List.of() : List.copyOf(nodes.values());
  }

  /** Takes what waits for a trace and closes it. */
  public synchronized List<Delivery> close(String traceId) {
    closed.add(traceId);
    if (closed.size() > MAX_CLOSED) {
      closed.removeFirst();
    }
    Map<String, Delivery> nodes = waiting.remove(traceId);
    return nodes == null ? List.of() : List.copyOf(nodes.values());
  }

  /** Trace ids that wait of those asked for. */
  public synchronized List<Delivery> peek(Collection<String> traceIds) {
    List<Delivery> deliveries = new ArrayList<>();
    for (String traceId : traceIds) {
      deliveries.addAll(waiting.getOrDefault(traceId, Map.of()).values());
    }
    return deliveries;
  }

  /** Takes and closes every trace all of whose segments arrived at a time that nobody waits for. */
  public synchronized List<List<Delivery>> closeAll(LongPredicate arrivedNs) {
    List<List<Delivery>> taken = new ArrayList<>();
    Iterator<Map.Entry<String, Map<String, Delivery>>> entries = waiting.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<String, Map<String, Delivery>> entry = entries.next();
      Collection<Delivery> deliveries = entry.getValue().values();
      if (deliveries.stream().allMatch(d -> arrivedNs.test(d.arrivedNs()))) {
        taken.add(List.copyOf(deliveries));
        closed.add(entry.getKey());
        entries.remove();
      }
    }
    return taken;
  }
}
