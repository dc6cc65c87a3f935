package io.podhop.cli.command;

import io.podhop.cli.ScriptedCollector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Commands as programs of their own, for a signal reaches the whole process. */
@Command(name = "podhop")
final class Programs {
  private Programs() {}

  public static void main(String[] arguments) {
    CommandLine root = new CommandLine(new Programs());
    CliCommands.addTo(root, (_, _) -> {}, Programs::noBundles);
    System.exit(root.execute(arguments));
  }

  /**
   * What to run for a command that asks this collector. Started from a background job, a process
   * would inherit that SIGINT is ignored.
   */
  static List<String> line(ScriptedCollector collector, String... command) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "--default-signal=INT",
                java,
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Programs.class.getName()));
    line.addAll(List.of(command));
    line.addAll(List.of("--collector", collector.address()));
    return line;
  }

  static Bundles.Open noBundles(List<Path> paths) throws IOException {
    throw new IOException("no bundle: " + paths.getFirst());
  }
}
