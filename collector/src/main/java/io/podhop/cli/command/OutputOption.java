package io.podhop.cli.command;

import io.podhop.cli.client.CollectorException;
import io.podhop.cli.render.Document;
import io.podhop.cli.render.Style;
import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** What every command has: in which form it answers, failures included, and its help. */
final class OutputOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table (80 columns), wide, json or yaml. Default: table.")
  private Format format;

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

  /** Forms of output. */
  enum Format {
    TABLE,
    WIDE,
    JSON,
    YAML;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a command does when its arguments are read; returns the exit code. */
  @FunctionalInterface
  interface Action {
    int run() throws UsageException, CollectorException;
  }

  /** Runs the action; whatever goes wrong becomes one sentence and an exit code. */
  int guard(Action action) {
    try {
      return action.run();
    } catch (UsageException e) {
      return fail(Objects.toString(e.getMessage()), "usage", Exit.USAGE, e);
    } catch (CollectorException e) {
      return fail(Objects.toString(e.getMessage()), "unavailable", Exit.NOT_OBSERVABLE, e);
    } catch (RuntimeException e) {
      String sentence = "podhop failed: " + e + "; --verbose shows where; please report it";
      return fail(sentence, "internal", Exit.NOT_OBSERVABLE, e);
    }
  }

  /** Prints an answer in the form asked for. */
  void print(Function<Style, String> text, Supplier<ObjectNode> tree) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(
        switch (format) {
          case TABLE, WIDE -> text.apply(style());
          case JSON -> Document.json(tree.get());
          case YAML -> Document.yaml(tree.get());
        });
    out.flush();
  }

  /** Says in one sentence why there is no answer. */
  int refuse(String sentence, String reason, int exit) {
    if (structured()) {
      ObjectNode failure = Document.failure(sentence, reason);
      print(_ -> "", () -> failure);
    } else {
      PrintWriter err = spec.commandLine().getErr();
      err.println("error: " + style().text(sentence));
      err.flush();
    }
    return exit;
  }

  boolean structured() {
    return format == Format.JSON || format == Format.YAML;
  }

  /** Both ends of the terminal are a person's. */
  static boolean interactive() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  Style style() {
    String charset = Objects.toString(System.getProperty("stdout.encoding"), "");
    boolean unicode = charset.toUpperCase(Locale.ROOT).startsWith("UTF");
    boolean plain = !System.getenv().getOrDefault("NO_COLOR", "").isEmpty();
    return new Style(unicode, interactive() && !plain, format == Format.WIDE);
  }

  private int fail(String sentence, String reason, int exit, Exception e) {
    boolean debug = !System.getenv().getOrDefault("PODHOP_DEBUG", "").isEmpty();
    if (verbose || debug) {
      PrintWriter err = spec.commandLine().getErr();
      e.printStackTrace(err);
      err.flush();
    }
    return refuse(sentence, reason, exit);
  }
}
