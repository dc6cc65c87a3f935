package io.podhop.agent.sample;

/**
 * A share of all traces, chosen by the trace id alone: whoever derives the same id chooses the
 * same.
 *
 * @param share from 0, none, to 1, all
 */
public record Sampling(double share) {
  /** Bits of the id that are compared; a double holds them exactly. */
  private static final int BITS = 52;

  /**
   * @throws IllegalArgumentException when the share is not from 0 to 1
   */
  public Sampling {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("no share: " + share);
    }
  }

  /** The id is a digest, so its last digits are as good as a hash of it. */
  public boolean takes(String traceId) {
    String digits = traceId.substring(traceId.length() - BITS / 4);
    return Long.parseUnsignedLong(digits, 16) < share * (1L << BITS);
  }
}
