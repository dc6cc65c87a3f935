package io.podhop.cli.render;

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

  /** Two digits after the point below one, else one: as many as tell something. */
  private static String decimal(double value) {
    if (value < 1) {
      long hundredths = Math.round(value * 100);
      return hundredths / 100 + "." + hundredths / 10 % 10 + hundredths % 10;
    }
    long tenths = Math.round(value * 10);
    return tenths / 10 + "." + tenths % 10;
  }
}
