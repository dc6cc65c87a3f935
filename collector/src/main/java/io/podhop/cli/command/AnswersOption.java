package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.render.NotesText;
import io.podhop.cli.render.Style;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
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

  /** The same option before the command; the commands that take it declare it themselves, too. */
  static OptionSpec ofRoot() {
    return OptionSpec.builder(BUNDLE)
        .paramLabel("DIR_OR_TGZ")
        .type(List.class)
        .auxiliaryTypes(Path.class)
        .arity("1")
        .description(
            "Ask a support bundle of the EKS log collector instead of the collector; for explain,"
                + " ip, node and audit.")
        .build();
  }

  /**
   * Connects to whoever answers; what is missing in bundles is said on standard error at once.
   *
   * @throws UsageException when a bundle is refused or cannot be read
   * @throws CollectorException when no collector answers
   */
  CollectorClient connect(OutputOption output) throws UsageException, CollectorException {
    List<Path> paths = paths();
    if (paths.isEmpty()) {
      return CollectorClient.connect(collector.address());
    }
    try {
      Bundles.Open open = reader.open(paths);
      say(open.notes(), output.style());
      return CollectorClient.over(open.channel(), "the bundle", open.asOf(), open.end());
    } catch (IOException e) {
      throw new UsageException(Objects.toString(e.getMessage()));
    }
  }

  /** Those named before the command, then those named behind it. */
  private List<Path> paths() {
    OptionSpec early = spec.root().findOption(BUNDLE);
    List<Path> before = early == null ? null : early.getValue();
    return Stream.concat(Stream.ofNullable(before).flatMap(List::stream), bundles.stream())
        .toList();
  }

  private void say(List<String> notes, Style style) {
    PrintWriter err = spec.commandLine().getErr();
    NotesText.lines(notes, style).forEach(err::println);
    err.flush();
  }
}
