package io.podhop.agent.capture;

import java.io.IOException;

/** A source could not be opened; says what was tried and what to do. */
public final class CaptureException extends IOException {
  private static final long serialVersionUID = 1;

  CaptureException(String message) {
    super(message);
  }

  CaptureException(String message, Throwable cause) {
    super(message, cause);
  }
}
