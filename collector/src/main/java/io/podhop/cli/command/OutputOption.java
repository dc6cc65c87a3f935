package io.podhop.cli.command;

import io.podhop.cli.render.Document;
import io.podhop.cli.render.FlowLines;
import io.podhop.cli.render.FlowObjects;
import io.podhop.cli.render.FlowPrinter;
import io.podhop.cli.render.Style;
import java.io.Console;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Mixin;
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

  @Mixin private CommonOption common;

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

  /** Runs the action; whatever goes wrong becomes one sentence and an exit code. */
  int guard(Guard.Action action) {
    return common.guard(spec.commandLine().getErr(), this::refuse, action);
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
      Guard.say(spec.commandLine().getErr(), style(), sentence);
    }
    return exit;
  }

  /** Prints flows one by one in the form asked for. */
  FlowPrinter flowPrinter(Appendable out) {
    return switch (format) {
      case TABLE, WIDE ->
          new FlowLines(out, spec.commandLine().getErr(), style(), ZoneId.systemDefault());
      case JSON -> FlowObjects.json(out);
      case YAML -> FlowObjects.yaml(out);
    };
  }

  boolean structured() {
    return format == Format.JSON || format == Format.YAML;
  }

  /** Both ends of the terminal are a person's. */
  static boolean interactive() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  Style style() {
    return style(format == Format.WIDE);
  }

  /** What the terminal can show. */
  static Style style(boolean wide) {
    String charset = Objects.toString(System.getProperty("stdout.encoding"), "");
    boolean unicode = charset.toUpperCase(Locale.ROOT).startsWith("UTF");
    boolean plain = !System.getenv().getOrDefault("NO_COLOR", "").isEmpty();
    return new Style(unicode, interactive() && !plain, wide);
  }
}
