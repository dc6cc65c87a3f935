package io.podhop.collector.stitch;

/**
 * What the prober itself experienced: a witness beside the captures.
 *
 * @param sourcePort of its socket, before any NAT; the identifier of an echo
 * @param error what the kernel said; empty unless it failed
 * @param startNs epoch nanoseconds on the collector's clock, when it was asked for
 */
public record Attempt(int sourcePort, Outcome outcome, String error, long startNs) {
  /** How it ended for the prober. */
  public enum Outcome {
    ANSWERED,
    REFUSED,
    TIMEOUT,
    /** It could not be sent at all. */
    FAILED
  }
}
