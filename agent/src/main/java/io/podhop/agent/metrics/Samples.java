package io.podhop.agent.metrics;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values of one scrape, by metric and labels; values under the same labels are added up. */
final class Samples {
  private final Map<Metric, Map<List<String>, Double>> values = new EnumMap<>(Metric.class);

  void add(Metric metric, List<String> labels, double value) {
    if (labels.size() != metric.attributes().size()) {
      throw new IllegalArgumentException(metric + " has no labels " + labels);
    }
    values.computeIfAbsent(metric, _ -> new LinkedHashMap<>()).merge(labels, value, Double::sum);
  }

  void add(Metric metric, List<String> labels, String last, double value) {
    List<String> all = new ArrayList<>(labels);
    all.add(last);
    add(metric, List.copyOf(all), value);
  }

  Map<List<String>, Double> of(Metric metric) {
    return values.getOrDefault(metric, Map.of());
  }
}
