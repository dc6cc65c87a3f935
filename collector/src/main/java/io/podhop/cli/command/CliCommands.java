package io.podhop.cli.command;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The commands of this package, for the program's root command. */
public final class CliCommands {
  private CliCommands() {}

  /**
   * Adds every command, and makes the whole command line answer wrong usage in two lines with exit
   * code 2. Call it after all other subcommands are added: picocli hands such settings only to
   * subcommands that are there.
   *
   * @param flowFiles reads the files of {@code podhop flows --pcap}
   * @param bundles opens what {@code --bundle} names, before the command or behind it
   */
  public static void addTo(CommandLine root, FlowFiles flowFiles, Bundles bundles) {
    root.getCommandSpec().addOption(AnswersOption.ofRoot());
    root.addSubcommand(new TraceCommand());
    root.addSubcommand(new ExplainCommand(bundles));
    root.addSubcommand(new FlowsCommand(flowFiles));
    root.addSubcommand(new TopCommand());
    root.addSubcommand(new CaptureCommand());
    root.addSubcommand(new NodesCommand());
    root.addSubcommand(new NodeCommand(bundles));
    root.addSubcommand(new IpCommand(bundles));
    root.addSubcommand(new AuditCommand(bundles));
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setParameterExceptionHandler(CliCommands::wrongUsage);
    root.setExecutionStrategy(CliCommands::execute);
  }

  /** A command that asks living nodes must not take what bundles are named for its answer. */
  private static int execute(ParseResult parsed) {
    CommandLine last = parsed.asCommandLineList().getLast();
    return parsed.hasMatchedOption(AnswersOption.BUNDLE) && asksLivingNodes(last.getCommandSpec())
        ? wrongUsage(needsLiveNodes(last))
        : new CommandLine.RunLast().execute(parsed);
  }

  private static boolean asksLivingNodes(CommandSpec command) {
    return command.parent() != null && command.findOption(AnswersOption.BUNDLE) == null;
  }

  private static ParameterException needsLiveNodes(CommandLine command) {
    return new ParameterException(
        command,
        "'"
            + command.getCommandName()
            + "' needs live nodes; "
            + AnswersOption.BUNDLE
            + " is for explain, ip, node and audit");
  }

  /** Named behind such a command, or before it, whatever else was wrong. */
  private static boolean wantsBundle(ParameterException e) {
    CommandSpec command = e.getCommandLine().getCommandSpec();
    boolean behind =
        e instanceof CommandLine.UnmatchedArgumentException unmatched
            && !unmatched.getUnmatched().isEmpty()
            && unmatched.getUnmatched().getFirst().startsWith(AnswersOption.BUNDLE);
    boolean before = command.root().findOption(AnswersOption.BUNDLE).getValue() != null;
    return asksLivingNodes(command) && (behind || before);
  }

  private static int wrongUsage(ParameterException e, String[] arguments) {
    return wrongUsage(wantsBundle(e) ? needsLiveNodes(e.getCommandLine()) : e);
  }

  private static int wrongUsage(ParameterException e) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("error: " + e.getMessage());
    err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return Exit.USAGE;
  }
}
