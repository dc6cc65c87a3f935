package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.client.TraceNews;
import io.podhop.cli.client.TraceQuestion;
import io.podhop.cli.render.TraceReport;
import io.podhop.cli.render.TraceText;
import io.podhop.cli.render.TraceTree;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code podhop trace}: probes from one end to the other, or waits, and shows every hop. */
@Command(
    name = "trace",
    sortOptions = false,
    description = {
      "Trace a connection from SOURCE to DEST, hop by hop, and say what became of it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  podhop trace shop/web-0 shop/db-0 -p 5432      pod to pod",
      "  podhop trace web-0 svc/db -n shop              to a service, on its own port",
      "  podhop trace shop/web-0 example.com -p 443     to a host outside the VPC",
      "  podhop trace shop/web-0 10.0.3.7 --protocol icmp --count 5",
      "  podhop trace shop/web-0 shop/db-0 --watch      wait for live traffic",
      "  podhop trace shop/web-0 shop/db-0 -o json | jq '.traces[0].hops[].seen'",
      "",
      "JSON and YAML have source, destination, protocol, nodes, warnings, connections,",
      "delivered, verdict, link, and traces[] with hops[], translations[] and",
      "predicted[], the legs[] of podhop explain; or error and reason when nothing",
      "could be traced. Keys are stable."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:delivered",
      "1:not delivered: the verdict says where it was lost",
      "2:wrong usage: unknown or ambiguous name, bad option",
      "3:not observable: no collector, no agent, or nothing seen and nothing proven"
    })
final class TraceCommand implements Callable<Integer> {
  private static final Duration DEFAULT_PROBE = Duration.ofSeconds(3);
  private static final Duration DEFAULT_WATCH = Duration.ofMinutes(1);
  private static final Duration MIN_TIMEOUT = Duration.ofMillis(10);
  private static final Duration MAX_TIMEOUT = Duration.ofHours(1);
  private static final int MAX_COUNT = 1000;

  @Spec private CommandSpec spec;

  @Mixin private EndsOption ends;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description = "Connections to make, or to wait for. Default: 1.")
  private int count;

  @Option(
      names = {"-w", "--watch"},
      description = "Wait for live traffic between the two instead of probing.")
  private boolean watch;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = DurationText.class,
      description = "How long a probe waits for its answer, or the whole watch. Default: 3s, 1m.")
  private @Nullable Duration timeout;

  @Mixin private OutputOption output;
  @Mixin private CollectorOption collector;

  @Override
  public Integer call() {
    return output.guard(this::trace);
  }

  private int trace() throws UsageException, CollectorException {
    TraceQuestion question = question();
    TraceProgress progress = new TraceProgress();
    boolean display = OutputOption.interactive() && !output.structured();
    LiveHops live = new LiveHops(spec.commandLine().getOut(), output.style(), display);
    try (CollectorClient client = CollectorClient.connect(collector.address())) {
      Interrupt interrupt = Interrupt.during(client::cancel);
      try {
        client.trace(question, news -> show(news, progress, live));
      } catch (CollectorException e) {
        if (interrupt.fired()) {
          return Exit.INTERRUPTED;
        }
        throw e;
      } finally {
        interrupt.forget();
        live.erase();
      }
    }
    return answer(progress);
  }

  private static void show(TraceNews news, TraceProgress progress, LiveHops live) {
    progress.accept(news);
    live.accept(news);
  }

  private int answer(TraceProgress progress) throws CollectorException {
    TraceNews.Refused refused = progress.refused();
    if (refused != null) {
      return switch (refused.reason()) {
        case USAGE -> output.refuse(refused.message(), "usage", Exit.USAGE);
        case NOT_OBSERVABLE ->
            output.refuse(refused.message(), "not-observable", Exit.NOT_OBSERVABLE);
      };
    }
    TraceReport report = progress.report();
    output.print(style -> TraceText.of(report, style), () -> TraceTree.of(report));
    return exit(report.outcome());
  }

  /** Of several connections all must be delivered. */
  private static int exit(TraceReport.Outcome outcome) {
    int exit = Exit.of(outcome.verdict());
    return exit == Exit.DELIVERED && outcome.delivered() != outcome.connections()
        ? Exit.NOT_DELIVERED
        : exit;
  }

  private TraceQuestion question() throws UsageException {
    ends.check();
    UsageException.unless(count >= 1 && count <= MAX_COUNT, "--count must be 1 to " + MAX_COUNT);
    Duration limit = timeout != null ? timeout : watch ? DEFAULT_WATCH : DEFAULT_PROBE;
    UsageException.unless(
        limit.compareTo(MIN_TIMEOUT) >= 0 && limit.compareTo(MAX_TIMEOUT) <= 0,
        "--timeout must be 10ms to 1h");
    return new TraceQuestion(
        ends.ends(), ends.namespace(), ends.port(), ends.protocol(), count, watch, limit);
  }
}
