package io.podhop.agent.flow;

import io.podhop.model.Protocol;
import java.util.concurrent.TimeUnit;

/** Says which connections have been silent for too long, and which have gone on for long. */
final class Expiry {
  /** Linux never waits longer than this before it sends a SYN again (TCP_RTO_MAX). */
  private static final long MAX_BACK_OFF_NS = TimeUnit.SECONDS.toNanos(120);

  /** The first wait for an answer to a SYN, and some more: 1 s (RFC 6298), 3 s on old hosts. */
  private static final long BACK_OFF_MARGIN_NS = TimeUnit.SECONDS.toNanos(4);

  private final FlowTimeouts timeouts;

  Expiry(FlowTimeouts timeouts) {
    this.timeouts = timeouts;
  }

  boolean isDue(Slot slot, long nowNs) {
    return nowNs - slot.lastNs() >= limitNs(slot);
  }

  /** True once for every interval that a connection goes on; those missed are told as one. */
  boolean isInterval(Slot slot, long nowNs) {
    if (slot.evictionClass() == FlowLists.CLOSED) {
      return false;
    }
    int intervals =
        (int) Math.min((nowNs - slot.firstNs()) / timeouts.intervalNs(), Integer.MAX_VALUE);
    if (intervals <= slot.intervals()) {
      return false;
    }
    slot.intervals(intervals);
    return true;
  }

  private long limitNs(Slot slot) {
    boolean tcp = slot.protocol() == Protocol.TCP.number();
    return switch (slot.evictionClass()) {
      case FlowLists.CLOSED -> tcp ? timeouts.closedNs() : timeouts.answeredNs();
      case FlowLists.ESTABLISHED -> tcp ? timeouts.tcpIdleNs() : timeouts.udpIdleNs();
      default -> tcp ? halfOpenNs(slot) : unansweredNs(slot);
    };
  }

  /**
   * Who gets no answer to SYNs at 0, 1, 3, 7, 15, 31 seconds sends the next at 63: each wait is as
   * long as all before together and the first, while the kernel's timers of that length are up to
   * an eighth late. Until then it is the same attempt. One that was given up earlier, and a flood's
   * single SYNs, do not wait for that.
   */
  private long halfOpenNs(Slot slot) {
    if (!slot.isSynUnanswered()) {
      return timeouts.halfOpenNs();
    }
    long waited = Math.min(slot.lastNs() - slot.firstNs(), MAX_BACK_OFF_NS);
    return Math.max(timeouts.halfOpenNs(), waited + waited / 8 + BACK_OFF_MARGIN_NS);
  }

  private long unansweredNs(Slot slot) {
    boolean dns = slot.protocol() == Protocol.UDP.number() && slot.discriminator() != 0;
    return dns ? timeouts.dnsNs() : timeouts.unansweredNs();
  }
}
