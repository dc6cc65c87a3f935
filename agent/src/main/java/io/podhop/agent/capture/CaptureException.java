package io.podhop.agent.capture;

import java.io.IOException;

/** A source could not be opened; says what was tried and what to do. */
public sealed class CaptureException extends IOException permits FilterException {
  private static final long serialVersionUID = 1;

  CaptureException(String message) {
    super(message);
  }

  CaptureException(String message, Throwable cause) {
    super(message, cause);
  }
}
