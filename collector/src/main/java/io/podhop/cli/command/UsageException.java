package io.podhop.cli.command;

/** The command was typed wrongly; the message is a sentence that says what to type instead. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }

  static void unless(boolean condition, String sentence) throws UsageException {
    if (!condition) {
      throw new UsageException(sentence);
    }
  }
}
