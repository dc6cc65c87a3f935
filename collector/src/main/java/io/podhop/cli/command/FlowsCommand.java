package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.client.FlowNews;
import io.podhop.cli.client.TraceNews;
import io.podhop.cli.render.FlowPrinter;
import io.podhop.model.Flow;
import io.podhop.model.FlowFilter;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code podhop flows}: connections as they end, of all nodes, or of capture files. */
@Command(
    name = "flows",
    sortOptions = false,
    description = {"Show the connections that all nodes see, or those in capture files.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  podhop flows                                   the newest 20 of all nodes",
      "  podhop flows -f --from shop/web --verdict refused,no-answer",
      "  podhop flows -f --to dns --min-rtt 5ms         slow DNS answers, live",
      "  podhop flows --last 200 --retransmits -o wide",
      "  podhop flows -f -o json | jq -r 'select(.verdict != \"delivered\") | .cause'",
      "  podhop flows --pcap a.pcap b.pcapng            no collector, no root",
      "",
      "JSON has one object to a line, YAML one document each: startNs, endNs, traceId,",
      "verdict, degraded, cause, protocol, source, destination, tuple, end, rttNs,",
      "request, reply, tcp, dns, tunnel, point, mode, dropped. Where flows of a node",
      "are missing, an object has the one key lost (node, count, reason); the table",
      "says it on standard error. Keys are stable."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:listed",
      "2:wrong usage, or a file that cannot be read",
      "3:no collector, or no agent",
      "130:interrupted, as --follow ends"
    })
final class FlowsCommand implements Callable<Integer> {
  private static final int DEFAULT_LAST = 20;
  private static final int MAX_LAST = 10_000;
  private static final int BUFFER_CHARS = 1 << 16;

  private final FlowFiles files;

  @Spec private CommandSpec spec;

  @Mixin private FlowFilterOption filter;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with connections as they end, until Ctrl-C.")
  private boolean follow;

  @Option(
      names = "--last",
      paramLabel = "N",
      description = "The newest N. Default: 20; 0 with --follow; all with --pcap.")
  private @Nullable Integer last;

  @Option(
      names = "--every-point",
      description =
          "A connection between two nodes from both of them. Default: from the source's alone.")
  private boolean everyPoint;

  @Option(
      names = "--pcap",
      paramLabel = "FILE",
      arity = "1..*",
      description = "Read pcap or pcapng files instead of asking the collector.")
  private List<Path> pcap = new ArrayList<>();

  @Mixin private OutputOption output;
  @Mixin private CollectorOption collector;

  FlowsCommand(FlowFiles files) {
    this.files = files;
  }

  @Override
  public Integer call() {
    return output.guard(this::flows);
  }

  private int flows() throws UsageException, CollectorException {
    FlowFilter wanted = filter.filter();
    int count = last != null ? last : follow || !pcap.isEmpty() ? 0 : DEFAULT_LAST;
    if (count < 0 || count > MAX_LAST) {
      throw new UsageException("--last must be 0 to " + MAX_LAST);
    }
    if (follow && !pcap.isEmpty()) {
      throw new UsageException(
          "--follow waits for live traffic and --pcap reads files: choose one");
    }
    try {
      return pcap.isEmpty() ? observe(wanted, count) : read(wanted, count);
    } catch (UncheckedIOException nobodyReads) {
      return Exit.DELIVERED;
    }
  }

  private int observe(FlowFilter wanted, int count) throws UsageException, CollectorException {
    Refusal refusal = new Refusal();
    Output to = new Output(spec.commandLine().getOut(), follow);
    FlowPrinter printer = output.flowPrinter(to.writer);
    try (CollectorClient client = CollectorClient.connect(collector.address())) {
      Interrupt interrupt = Interrupt.during(client::cancel);
      try {
        client.flows(wanted, count, follow, everyPoint, news -> show(news, printer, to, refusal));
      } catch (CollectorException e) {
        if (interrupt.fired()) {
          return Exit.INTERRUPTED;
        }
        throw e;
      } finally {
        interrupt.forget();
        to.flush();
      }
    }
    TraceNews.Reason reason = refusal.reason;
    if (reason == null) {
      return Exit.DELIVERED;
    }
    return switch (reason) {
      case USAGE -> output.refuse(refusal.message, "usage", Exit.USAGE);
      case NOT_OBSERVABLE -> output.refuse(refusal.message, "not-observable", Exit.NOT_OBSERVABLE);
    };
  }

  /** Why nothing could be observed, when the collector said so. */
  private static final class Refusal {
    private TraceNews.@Nullable Reason reason;
    private String message = "";
  }

  private void show(FlowNews news, FlowPrinter printer, Output to, Refusal refusal) {
    try {
      switch (news) {
        case FlowNews.Seen seen -> printer.flow(seen.flow());
        case FlowNews.Lost lost -> {
          printer.lost(lost.node(), lost.count(), lost.reason());
          spec.commandLine().getErr().flush();
        }
        case FlowNews.Refused refused -> {
          refusal.reason = refused.reason();
          refusal.message = refused.message();
        }
      }
      to.afterOne();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int read(FlowFilter wanted, int count) throws UsageException {
    Output to = new Output(spec.commandLine().getOut(), false);
    FlowPrinter printer = output.flowPrinter(to.writer);
    ArrayDeque<Flow> newest = new ArrayDeque<>();
    try {
      files.read(
          List.copyOf(pcap),
          flow -> {
            if (wanted.matches(flow)) {
              keepOrPrint(flow, count, newest, printer);
            }
          });
    } catch (IOException e) {
      throw new UsageException(Objects.toString(e.getMessage(), e.toString()));
    } finally {
      newest.forEach(flow -> print(flow, printer));
      to.flush();
    }
    return Exit.DELIVERED;
  }

  private static void keepOrPrint(
      Flow flow, int count, ArrayDeque<Flow> newest, FlowPrinter printer) {
    if (count == 0) {
      print(flow, printer);
      return;
    }
    if (newest.size() == count) {
      newest.removeFirst();
    }
    newest.addLast(flow);
  }

  private static void print(Flow flow, FlowPrinter printer) {
    try {
      printer.flow(flow);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where flows are printed: through a buffer, for there may be millions. */
  private static final class Output {
    private final PrintWriter out;
    private final boolean live;
    private final Writer writer;

    Output(PrintWriter out, boolean live) {
      this.out = out;
      this.live = live;
      this.writer = new BufferedWriter(new Checked(out), BUFFER_CHARS);
    }

    void afterOne() throws IOException {
      if (live) {
        writer.flush();
      }
    }

    /** To the last character, also when nobody reads any more. */
    void flush() {
      try {
        writer.flush();
      } catch (IOException nobodyReads) {
        out.flush();
      }
    }
  }

  /** A PrintWriter keeps failures to itself; a closed pipe must end the command. */
  private static final class Checked extends Writer {
    private final PrintWriter out;

    Checked(PrintWriter out) {
      this.out = out;
    }

    @Override
    public void write(char[] buffer, int offset, int length) throws IOException {
      out.write(buffer, offset, length);
      check();
    }

    @Override
    public void flush() throws IOException {
      out.flush();
      check();
    }

    private void check() throws IOException {
      if (out.checkError()) {
        throw new IOException("nobody reads the output any more");
      }
    }

    @Override
    public void close() {
      out.flush();
    }
  }
}
