package io.podhop.agent.route;

/** A line of iproute2's output that says something which podhop has no record for. */
final class UnreadableLineException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreadableLineException(String why) {
    super(why);
  }
}
