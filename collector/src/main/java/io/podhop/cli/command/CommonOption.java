package io.podhop.cli.command;

import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** What every command has, whatever it answers with: help, and how much it says of a failure. */
final class CommonOption {
  @Option(
      names = {"-v", "--verbose"},
      description = "Print the stack trace of a failure; $$PODHOP_DEBUG=1 does the same.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this help.")
  @SuppressWarnings("UnusedVariable") // picocli sees to it
  private boolean help;

  /** Runs the action; whatever goes wrong becomes one sentence and an exit code. */
  int guard(PrintWriter err, Guard.Refusal refusal, Guard.Action action) {
    return new Guard(err, verbose, refusal).run(action);
  }
}
