package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.render.Style;
import io.podhop.cli.render.TextFit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Who answers: the collector, or support bundles. For commands that ask what nodes know. */
final class AnswersOption {
  static final String BUNDLE = "--bundle";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = BUNDLE,
      paramLabel = "DIR_OR_TGZ",
      description =
          "Ask a support bundle of the EKS log collector instead of the collector; once for each"
              + " node. Needs no root.")
  private List<Path> bundles = List.of();

  @Mixin private CollectorOption collector;

  private final Bundles reader;

  AnswersOption(Bundles reader) {
    this.reader = reader;
  }

  /** What a command does with whoever answers. */
  @FunctionalInterface
  interface Action {
    int run(CollectorClient client) throws UsageException, CollectorException;
  }

  /** Runs the action; what is missing in bundles is said on standard error first. */
  int ask(OutputOption output, Action action) throws UsageException, CollectorException {
    List<Path> paths = paths();
    if (paths.isEmpty()) {
      try (CollectorClient client = CollectorClient.connect(collector.address())) {
        return action.run(client);
      }
    }
    Bundles.Open open;
    try {
      open = reader.open(paths);
    } catch (IOException e) {
      throw new UsageException(Objects.toString(e.getMessage()));
    }
    try (CollectorClient client = CollectorClient.over(open.channel(), "the bundle")) {
      say(open.notes(), output.style());
      return action.run(client);
    } finally {
      open.end().run();
    }
  }

  /** Those named before the command, then those named behind it. */
  private List<Path> paths() {
    List<Path> early = spec.root().findOption(BUNDLE) == null ? List.of() : ofRoot();
    return bundles.isEmpty() ? early : bundles;
  }

  private List<Path> ofRoot() {
    List<Path> given = spec.root().findOption(BUNDLE).getValue();
    return given == null ? List.of() : given;
  }

  private void say(List<String> notes, Style style) {
    for (String note : notes) {
      TextFit.hanging("", "note  " + style.text(note), style.width())
          .forEach(spec.commandLine().getErr()::println);
    }
    spec.commandLine().getErr().flush();
  }
}
