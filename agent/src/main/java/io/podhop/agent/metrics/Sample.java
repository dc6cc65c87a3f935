package io.podhop.agent.metrics;

import java.util.List;

/**
 * One value of a metric.
 *
 * @param labels in the order of {@link Metric#attributes}
 */
public record Sample(List<String> labels, double value) {
  public Sample {
    labels = List.copyOf(labels);
  }

  public static Sample of(double value, String... labels) {
    return new Sample(List.of(labels), value);
  }
}
