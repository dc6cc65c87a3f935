package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannelBuilder;
import io.podhop.cli.ScriptedCollector;
import io.podhop.cli.client.CollectorClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Who answers, and who refuses bundles. */
@Timeout(20)
class AnswersOptionTest {
  private static final Instant COLLECTED = Instant.parse("2025-05-06T07:08:09Z");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final List<Path> opened = new ArrayList<>();
  private final AtomicInteger ended = new AtomicInteger();
  private ScriptedCollector collector;

  /** Stands in for the program's root command. */
  @Command(name = "podhop")
  private static final class Root {}

  /** Stands in for a command that asks what nodes know: how many there are, and when that was. */
  @Command(name = "count")
  private static final class Count implements Callable<Integer> {
    @Mixin private final AnswersOption answers;
    @Mixin private OutputOption output;

    Count(Bundles bundles) {
      this.answers = new AnswersOption(bundles);
    }

    @Override
    public Integer call() {
      return output.guard(
          () -> {
            try (CollectorClient client = answers.connect(output)) {
              int nodes = client.nodes().size();
              String when = client.now().equals(COLLECTED) ? " then" : " now";
              output.print(_ -> nodes + when + "\n", () -> null);
              return Exit.DELIVERED;
            }
          });
    }
  }

  @BeforeEach
  void start() throws IOException {
    collector = new ScriptedCollector();
  }

  @AfterEach
  void stop() {
    collector.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--bundle a.tgz --bundle b count",
        "count --bundle a.tgz --bundle b",
        "--bundle a.tgz count --bundle b",
        "--bundle=a.tgz count --bundle=b",
      })
  void ask_withBundles_asksThemAndSaysWhatIsMissing(String line) {
    assertThat(run(line)).isZero();

    assertThat(opened).containsExactly(Path.of("a.tgz"), Path.of("b"));
    assertThat(out).hasToString("0 then\n");
    assertThat(err.toString())
        .startsWith("note  no networking/iprule.txt: which routing table a packet")
        .doesNotContain("\u0007");
    assertThat(err.toString().lines()).hasSizeGreaterThan(1).allMatch(text -> text.length() <= 80);
    assertThat(ended).hasValue(1);
  }

  @Test
  void ask_withoutBundles_asksTheCollectorThatIsThere() {
    assertThat(run("count --collector " + collector.address())).isZero();

    assertThat(out).hasToString("0 now\n");
    assertThat(opened).isEmpty();
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void ask_bundleThatIsRefused_isOneSentenceAndExit2() {
    assertThat(run("count --bundle bad.tgz")).isEqualTo(Exit.USAGE);

    assertThat(err.toString()).isEqualTo("error: bundle bad.tgz: it is damaged\n");
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--bundle a.tgz trace shop/a shop/b",
        "trace shop/a shop/b --bundle a.tgz",
        "--bundle a.tgz flows",
        "flows --bundle=a.tgz",
        "--bundle a.tgz top",
        "--bundle a.tgz capture",
        "--bundle a.tgz nodes",
      })
  void bundle_ofCommandThatAsksLivingNodes_isRefused(String line) {
    assertThat(run(line)).isEqualTo(Exit.USAGE);

    assertThat(err.toString())
        .matches(
            "(?s)error: '(trace|flows|top|capture|nodes)' needs live nodes; --bundle is for explain,"
                + " ip, node and audit\nSee .*");
    assertThat(opened).isEmpty();
  }

  @Test
  void bundle_withoutItsFile_isWrongUsage() {
    assertThat(run("count --bundle")).isEqualTo(Exit.USAGE);

    assertThat(err.toString()).contains("--bundle");
  }

  private int run(String line) {
    CommandLine root = new CommandLine(new Root());
    root.addSubcommand(new Count(this::open));
    CliCommands.addTo(root, (_, _) -> {}, this::open);
    return root.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(line.split(" "));
  }

  private Bundles.Open open(List<Path> paths) throws IOException {
    if (paths.contains(Path.of("bad.tgz"))) {
      throw new IOException("bundle bad.tgz: it is damaged");
    }
    opened.addAll(paths);
    return new Bundles.Open(
        ManagedChannelBuilder.forTarget(collector.address()).usePlaintext().build(),
        COLLECTED,
        List.of(
            "no networking/iprule.txt: which routing table a packet uses cannot be predicted,"
                + " whatever \u0007 comes"),
        ended::incrementAndGet);
  }
}
