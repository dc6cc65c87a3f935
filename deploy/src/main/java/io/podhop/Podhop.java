package io.podhop;

import io.podhop.agent.AgentCommand;
import io.podhop.agent.BenchCaptureCommand;
import io.podhop.agent.FlowFiles;
import io.podhop.agent.NetnsCommand;
import io.podhop.cli.command.CliCommands;
import io.podhop.collector.CollectorCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The one program of podhop: every command of the agent and of the collector under one name. */
@Command(
    name = "podhop",
    description = "Where did this packet die, who rewrote its address, which ENI did it leave by?",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      CollectorCommand.class,
      AgentCommand.class,
      NetnsCommand.class,
      BenchCaptureCommand.class,
      VersionCommand.class,
      HelpCommand.class,
      TrainCommand.class
    })
public final class Podhop {
  private Podhop() {}

  /** Runs the command that {@code arguments} name; the process ends with its exit code. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    CommandLine root = new CommandLine(new Podhop());
    CliCommands.addTo(root, FlowFiles::read, OfflineTwin::open);
    return root;
  }
}
