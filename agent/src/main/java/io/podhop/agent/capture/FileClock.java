package io.podhop.agent.capture;

import org.jspecify.annotations.Nullable;

/**
 * How an interface of a pcapng file counts time: if_tsresol and if_tsoffset.
 *
 * @param binary whether a tick is a negative power of 2, not of 10
 * @param exponent of that power, without its sign
 * @param offsetNs of the ticks' zero from the epoch
 */
record FileClock(boolean binary, int exponent, long offsetNs) {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long MAX_OFFSET_SECONDS = 1L << 32;
  private static final int MAX_BINARY = 63;
  private static final int MAX_DECIMAL = 18;

  /**
   * @param resolution the option's byte
   * @return null when it cannot be
   */
  static @Nullable FileClock of(int resolution, long offsetSeconds) {
    boolean binary = (resolution & 0x80) != 0;
    int exponent = resolution & 0x7f;
    boolean fits = exponent <= (binary ? MAX_BINARY : MAX_DECIMAL);
    return fits && Math.abs(offsetSeconds) <= MAX_OFFSET_SECONDS
        ? new FileClock(binary, exponent, offsetSeconds * NANOS_PER_SECOND)
        : null;
  }

  /** Of a packet; times after 2262 and before 1970 do not exist. */
  long epochNs(long ticks) {
    long ns = binary ? ofBinary(ticks) : ofDecimal(ticks);
    long epoch = ns + offsetNs;
    boolean overflows = ns < 0 || offsetNs > 0 && epoch < 0;
    return overflows ? Long.MAX_VALUE : Math.max(0, epoch);
  }

  private long ofDecimal(long ticks) {
    if (exponent == 9) {
      return ticks;
    }
    if (exponent > 9) {
      return Long.divideUnsigned(ticks, power(exponent - 9));
    }
    long factor = power(9 - exponent);
    return ticks < 0 || ticks > Long.MAX_VALUE / factor ? -1 : ticks * factor;
  }

  private long ofBinary(long ticks) {
    long seconds = ticks >>> exponent;
    if (seconds > Long.MAX_VALUE / NANOS_PER_SECOND - 1 || seconds < 0) {
      return -1;
    }
    long fraction = ticks & (1L << exponent) - 1;
    long high = Math.multiplyHigh(fraction, NANOS_PER_SECOND);
    long low = fraction * NANOS_PER_SECOND;
    long nanos = exponent == 0 ? 0 : high << (64 - exponent) | low >>> exponent;
    return seconds * NANOS_PER_SECOND + nanos;
  }

  private static long power(int exponent) {
    long value = 1;
    for (int i = 0; i < exponent; i++) {
      value *= 10;
    }
    return value;
  }
}
