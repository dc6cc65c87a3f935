package io.podhop.agent.nat;

import java.io.IOException;

/** Conntrack could not be asked. */
public final class ConntrackException extends IOException {
  private static final long serialVersionUID = 1;

  /** Why not. */
  public enum Reason {
    /** The process lacks CAP_NET_ADMIN in the network namespace. */
    NOT_PERMITTED,
    /** The kernel has no conntrack, or no netlink access to it. */
    NOT_SUPPORTED,
    /** Anything else; the message says what. */
    FAILED
  }

  private final Reason reason;

  public ConntrackException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
