package io.podhop.cli.command;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The commands of this package, for the program's root command. */
public final class CliCommands {
  private CliCommands() {}

  /**
   * Adds every command, and makes the whole command line answer wrong usage in two lines with exit
   * code 2. Call it after all other subcommands are added: picocli hands such settings only to
   * subcommands that are there.
   *
   * @param flowFiles reads the files of {@code podhop flows --pcap}
   */
  public static void addTo(CommandLine root, FlowFiles flowFiles) {
    root.addSubcommand(new TraceCommand());
    root.addSubcommand(new ExplainCommand());
    root.addSubcommand(new FlowsCommand(flowFiles));
    root.addSubcommand(new TopCommand());
    root.addSubcommand(new CaptureCommand());
    root.addSubcommand(new NodesCommand());
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setParameterExceptionHandler(CliCommands::wrongUsage);
  }

  private static int wrongUsage(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("error: " + e.getMessage());
    err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return Exit.USAGE;
  }
}
