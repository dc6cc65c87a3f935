package io.podhop.agent.metrics;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A histogram with explicit bounds per set of labels; what finds no room shares the labels {@code
 * other}. Thread-safe.
 */
final class Latencies {
  private final Metric metric;
  private final double[] bounds;
  private final int maxSets;
  private final Map<List<String>, Cell> cells = new LinkedHashMap<>();
  private long overflowed;

  /**
   * @param bounds upper bounds of the buckets in rising order, inclusive, without infinity
   */
  Latencies(Metric metric, int maxSets, List<Double> bounds) {
    this.metric = metric;
    this.maxSets = maxSets;
    this.bounds = bounds.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /**
   * A copy of one histogram.
   *
   * @param counts per bucket, not cumulative; the last one is beyond all bounds
   */
  record Distribution(List<String> labels, List<Long> counts, double sum) {}

  private static final class Cell {
    private final long[] counts;
    private double sum;

    Cell(int buckets) {
      counts = new long[buckets];
    }
  }

  synchronized void record(List<String> labels, double seconds) {
    Cell cell = cells.get(labels);
    if (cell == null) {
      List<String> admitted = labels;
      if (cells.size() >= maxSets) {
        overflowed++;
        admitted = Collections.nCopies(metric.attributes().size(), "other");
      }
      cell = cells.computeIfAbsent(admitted, _ -> new Cell(bounds.length + 1));
    }
    int at = Arrays.binarySearch(bounds, seconds);
    cell.counts[at >= 0 ? at : -at - 1]++;
    cell.sum += seconds;
  }

  synchronized List<Distribution> snapshot() {
    return cells.entrySet().stream()
        .map(
            entry ->
                new Distribution(
                    entry.getKey(),
                    Arrays.stream(entry.getValue().counts).boxed().toList(),
                    entry.getValue().sum))
        .toList();
  }

  Metric metric() {
    return metric;
  }

  /** With infinity as the last one. */
  List<Double> bounds() {
    double[] all = Arrays.copyOf(bounds, bounds.length + 1);
    all[bounds.length] = Double.POSITIVE_INFINITY;
    return Arrays.stream(all).boxed().toList();
  }

  synchronized long overflowed() {
    return overflowed;
  }
}
