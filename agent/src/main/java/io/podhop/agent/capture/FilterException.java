package io.podhop.agent.capture;

/** A filter expression that no source could have; says which, and what libpcap says of it. */
public final class FilterException extends CaptureException {
  private static final long serialVersionUID = 1;

  FilterException(String message) {
    super(message);
  }
}
