package io.podhop.cli.render;

import java.util.Locale;

/** Durations as people read them: three digits at most after rounding, one unit. */
final class Times {
  private static final long MICRO_NS = 1_000;
  private static final long MILLI_NS = 1_000_000;
  private static final long SECOND_NS = 1_000_000_000;

  private Times() {}

  /**
   * For example {@code 6 µs}, {@code 0.31 ms}, {@code 12.0 ms}, {@code 3.0 s}; negative allowed.
   */
  static String of(long durationNs, Style style) {
    long magnitude = Math.abs(durationNs);
    String sign = durationNs < 0 ? "-" : "";
    if (magnitude < MICRO_NS) {
      return sign + magnitude + " ns";
    }
    if (magnitude < 200 * MICRO_NS) {
      return sign + Math.round(magnitude / (double) MICRO_NS) + " " + style.micro();
    }
    return magnitude < SECOND_NS
        ? sign + decimal(magnitude / (double) MILLI_NS) + " ms"
        : sign + decimal(magnitude / (double) SECOND_NS) + " s";
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, value < 1 ? "%.2f" : "%.1f", value);
  }
}
