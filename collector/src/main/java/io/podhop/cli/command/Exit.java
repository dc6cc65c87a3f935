package io.podhop.cli.command;

import io.podhop.model.Verdict;

/** Exit codes of the commands; stable, for scripts. */
final class Exit {
  /** Delivered; of an audit: nothing found. */
  static final int DELIVERED = 0;

  /** Not delivered; of an audit: something found. */
  static final int NOT_DELIVERED = 1;

  static final int USAGE = 2;

  /** Nothing can be said: no collector, no agent, or nothing seen and nothing proven. */
  static final int NOT_OBSERVABLE = 3;

  /** 128 + SIGINT, as a shell reports it. */
  static final int INTERRUPTED = 130;

  private Exit() {}

  /** What a script is told of a verdict. */
  static int of(Verdict verdict) {
    return switch (verdict.id().standing()) {
      case DELIVERED -> DELIVERED;
      case OPEN -> NOT_OBSERVABLE;
      case FAILED -> NOT_DELIVERED;
    };
  }
}
