package io.podhop.agent.linux;

import java.io.IOException;

/** A netlink message whose lengths do not add up, or a value of the wrong size. */
public final class MalformedNetlinkException extends IOException {
  private static final long serialVersionUID = 1;

  public MalformedNetlinkException(String message) {
    super(message);
  }
}
