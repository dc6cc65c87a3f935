package io.podhop.cli.client;

/** The collector could not be asked; the message is a sentence for the person who asked. */
public sealed class CollectorException extends Exception permits RefusedQuestionException {
  private static final long serialVersionUID = 1L;

  /** For an answer that arrived whole and makes no sense. */
  public CollectorException(String message) {
    super(message);
  }

  CollectorException(String message, Throwable cause) {
    super(message, cause);
  }
}
