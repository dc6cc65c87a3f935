package io.podhop.cli.client;

/** The collector understood the question and says what is wrong with it: a name, a port. */
public final class RefusedQuestionException extends CollectorException {
  private static final long serialVersionUID = 1;

  RefusedQuestionException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
