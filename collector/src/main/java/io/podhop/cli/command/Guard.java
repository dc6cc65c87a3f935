package io.podhop.cli.command;

import io.podhop.cli.client.CollectorException;
import io.podhop.cli.client.RefusedQuestionException;
import io.podhop.cli.render.Style;
import java.io.PrintWriter;
import java.util.Objects;

/** Runs what a command does; whatever goes wrong becomes one sentence and an exit code. */
record Guard(PrintWriter err, boolean verbose, Refusal refusal) {
  /** What a command does when its arguments are read; returns the exit code. */
  @FunctionalInterface
  interface Action {
    int run() throws UsageException, CollectorException;
  }

  /** Says why there is no answer; returns the exit code it was given. */
  @FunctionalInterface
  interface Refusal {
    int refuse(String sentence, String reason, int exit);
  }

  int run(Action action) {
    try {
      return action.run();
    } catch (UsageException e) {
      return fail(Objects.toString(e.getMessage()), "usage", Exit.USAGE, e);
    } catch (RefusedQuestionException e) {
      return fail(Objects.toString(e.getMessage()), "usage", Exit.USAGE, e);
    } catch (CollectorException e) {
      return fail(Objects.toString(e.getMessage()), "unavailable", Exit.NOT_OBSERVABLE, e);
    } catch (RuntimeException e) {
      String sentence = "podhop failed: " + e + "; --verbose shows where; please report it";
      return fail(sentence, "internal", Exit.NOT_OBSERVABLE, e);
    }
  }

  private int fail(String sentence, String reason, int exit, Exception e) {
    boolean debug = !System.getenv().getOrDefault("PODHOP_DEBUG", "").isEmpty();
    if (verbose || debug) {
      e.printStackTrace(err);
      err.flush();
    }
    return refusal.refuse(sentence, reason, exit);
  }

  static void say(PrintWriter err, Style style, String sentence) {
    err.println("error: " + style.text(sentence));
    err.flush();
  }
}
