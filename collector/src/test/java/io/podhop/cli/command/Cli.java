package io.podhop.cli.command;

import io.podhop.model.Flow;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Runs a command line in this process, as the program's main does. */
final class Cli {
  private final FlowFiles files;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** Stands in for the program's root command. */
  @Command(name = "podhop")
  private static final class Root {}

  Cli(FlowFiles files) {
    this.files = files;
  }

  /** Whose capture files hold these flows. */
  static Cli reading(List<Flow> flows) {
    return new Cli((_, to) -> flows.forEach(to));
  }

  int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    CommandLine root = new CommandLine(new Root());
    CliCommands.addTo(root, files, Programs::noBundles);
    return root.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }
}
