package io.podhop;

import io.podhop.e2e.Command;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine;

/** Runs podhop's own command line without a process of its own: what it costs is the command. */
public final class CommandLineInProcess {
  private CommandLineInProcess() {}

  /** Runs the command that {@code words} name, to its end. */
  public static Command.Result run(List<String> words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    long startNs = System.nanoTime();
    CommandLine line = Podhop.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    int exitCode = line.execute(words.toArray(String[]::new));
    return new Command.Result(
        words,
        exitCode,
        out.toString(),
        err.toString(),
        Duration.ofNanos(System.nanoTime() - startNs));
  }
}
