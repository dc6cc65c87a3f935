package io.podhop.agent.bundle;

import java.io.IOException;

/** A bundle that is refused or cannot be read. The message says which and why, for people. */
public final class BundleException extends IOException {
  private static final long serialVersionUID = 1L;

  public BundleException(String message) {
    super(message);
  }

  BundleException(String message, Throwable cause) {
    super(message, cause);
  }
}
