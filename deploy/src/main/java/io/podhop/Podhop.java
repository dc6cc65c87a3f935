package io.podhop;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The one program of podhop: every command of the agent and of the collector under one name. */
@Command(name = "podhop", mixinStandardHelpOptions = true, subcommands = VersionCommand.class)
public final class Podhop {
  private Podhop() {}

  /** Runs the command that {@code arguments} name; the process ends with its exit code. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Podhop());
  }
}
