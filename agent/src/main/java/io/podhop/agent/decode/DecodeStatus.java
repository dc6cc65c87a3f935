package io.podhop.agent.decode;

/** What became of decoding one frame. */
public enum DecodeStatus {
  /**
   * Every header was read; a later fragment has no transport header and is OK as well, and so is a
   * TCP header of which only options were cut.
   */
  OK,
  /** The frame carries no IP packet: ARP, LLDP and the like. */
  NOT_IP,
  /** The captured bytes end within a header that is needed. */
  TRUNCATED,
  /** A link type or an IP protocol that podhop does not follow; IP fields are set when reached. */
  UNSUPPORTED,
  /** Headers contradict themselves. */
  MALFORMED;

  /** Whether a packet of ours may have been missed: what coverage counts as undecoded. */
  public boolean isUndecoded() {
    return this == TRUNCATED || this == UNSUPPORTED || this == MALFORMED;
  }
}
