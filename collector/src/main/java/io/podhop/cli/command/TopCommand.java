package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.client.KnownPairs;
import io.podhop.cli.render.TopReport;
import io.podhop.cli.render.TopText;
import io.podhop.cli.render.TopTree;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code podhop top}: who talks most, by what the agents counted between two looks. */
@Command(
    name = "top",
    sortOptions = false,
    description = {"Show the busiest pairs of workloads: live on a terminal, once when piped.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  podhop top                                     by bytes, until Ctrl-C",
      "  podhop top --by failed -n 5                    who fails most",
      "  podhop top --once --interval 10s --by connections",
      "  podhop top -o json | jq '.pairs[] | {source, destination, bytesPerSecond}'",
      "",
      "JSON and YAML have intervalNs, others, overflowed, silentNodes and pairs[] with",
      "source, destination, port, protocol, the amounts of the interval, and",
      "bytesPerSecond, packetsPerSecond, connectionsPerSecond, handshakeMeanNs (-1: no",
      "handshake was seen). Keys are stable."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:shown", "2:wrong usage", "3:no collector", "130:interrupted"})
final class TopCommand implements Callable<Integer> {
  private static final Duration MIN_INTERVAL = Duration.ofMillis(100);
  private static final Duration MAX_INTERVAL = Duration.ofMinutes(10);
  private static final int MAX_LIMIT = 1_000;

  /** Lines of a report that are no pairs: the header and up to three notes, one of them long. */
  private static final int OTHER_LINES = 5;

  @Spec private CommandSpec spec;

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      defaultValue = "bytes",
      description = "bytes, packets, connections, failed or retransmits. Default: bytes.")
  private Rates.By by;

  @Option(
      names = {"-n", "--limit"},
      paramLabel = "N",
      defaultValue = "20",
      description = "Pairs to show. Default: 20.")
  private int limit;

  @Option(
      names = "--interval",
      paramLabel = "TIME",
      defaultValue = "2s",
      converter = DurationText.class,
      description = "Between two looks. Default: 2s.")
  private Duration interval;

  @Option(names = "--once", description = "Show one interval and end.")
  private boolean once;

  @Mixin private OutputOption output;
  @Mixin private CollectorOption collector;

  @Override
  public Integer call() {
    return output.guard(this::top);
  }

  private int top() throws UsageException, CollectorException {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new UsageException("--limit must be 1 to " + MAX_LIMIT);
    }
    if (interval.compareTo(MIN_INTERVAL) < 0 || interval.compareTo(MAX_INTERVAL) > 0) {
      throw new UsageException("--interval must be 100ms to 10m");
    }
    try (CollectorClient client = CollectorClient.connect(collector.address());
        LiveScreen screen = new LiveScreen(spec.commandLine().getOut(), TerminalSize::rows)) {
      Interrupt interrupt =
          Interrupt.during(
              () -> {
                client.cancel();
                screen.restore();
              });
      try {
        return watch(client, screen);
      } catch (CollectorException e) {
        if (interrupt.fired()) {
          return Exit.INTERRUPTED;
        }
        throw e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Exit.INTERRUPTED;
      } finally {
        interrupt.forget();
      }
    }
  }

  private int watch(CollectorClient client, LiveScreen screen)
      throws CollectorException, InterruptedException {
    boolean live = !once && !output.structured() && OutputOption.interactive();
    KnownPairs before = client.pairs();
    long lookedAt = System.nanoTime();
    if (live) {
      screen.show("counting; first figures in " + interval.toMillis() + " ms\n");
    }
    while (true) {
      TimeUnit.NANOSECONDS.sleep(interval.toNanos());
      KnownPairs now = client.pairs();
      long nanos = System.nanoTime();
      int pairs = live ? Math.min(limit, Math.max(1, TerminalSize.rows() - OTHER_LINES)) : limit;
      TopReport report = Rates.between(before, now, nanos - lookedAt, by, pairs);
      if (!live) {
        output.print(style -> TopText.of(report, style), () -> TopTree.of(report));
        return Exit.DELIVERED;
      }
      screen.show(TopText.of(report, output.style()));
      before = now;
      lookedAt = nanos;
    }
  }
}
