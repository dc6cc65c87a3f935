package io.podhop.agent.probe;

import java.time.Duration;

/**
 * What the source's kernel said about one probe.
 *
 * @param sourcePort local port, or the ICMP identifier; 0 when no socket could be bound
 * @param error the kernel's words; empty when answered or timed out
 */
public record ProbeResult(Outcome outcome, int sourcePort, String error, Duration elapsed) {
  /** How a probe ended. */
  public enum Outcome {
    ANSWERED,
    /**
     * Reset, or an ICMP error that the kernel turned into "connection refused" or "unreachable".
     */
    REFUSED,
    TIMEOUT,
    /** The probe itself could not be sent. */
    FAILED
  }
}
