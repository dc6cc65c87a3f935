package io.podhop.agent.flow;

import io.podhop.model.Protocol;

/** Says which connections have been silent for too long, and which have gone on for long. */
final class Expiry {
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
      default -> tcp ? timeouts.halfOpenNs() : unansweredNs(slot);
    };
  }

  private long unansweredNs(Slot slot) {
    boolean dns = slot.protocol() == Protocol.UDP.number() && slot.discriminator() != 0;
    return dns ? timeouts.dnsNs() : timeouts.unansweredNs();
  }
}
