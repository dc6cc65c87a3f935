package io.podhop.cli.command;

import io.podhop.cli.client.CaptureNews;
import io.podhop.cli.client.CaptureQuestion;
import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.client.TraceNews;
import io.podhop.cli.render.CaptureText;
import io.podhop.cli.render.Style;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code podhop capture}: packets of pods from every node they are on, in one pcapng file. */
@Command(
    name = "capture",
    sortOptions = false,
    description = {
      "Capture the packets of pods, at all their points on all nodes, into one pcapng file.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  podhop capture shop/web-0 shop/db-0 -o web-db.pcapng        both ends at once",
      "  podhop capture web-0 -n shop --filter 'tcp port 5432' -w db.pcapng",
      "  podhop capture shop/web-0 --duration 5m --snaplen 128 -w web.pcapng",
      "  podhop capture shop/web-0 -w - | tshark -r -",
      "",
      "Interfaces are named by pod or node and point, such as 'shop/web-0 eth0",
      "(node-a)'. A pod's packets are captured on its eth0, on the host's end of its",
      "veth and on the ENIs. The first packet of each connection has a comment with its",
      "verdict (in Wireshark: frame.comment). Ctrl-C ends the capture and writes what",
      "there is, with the verdicts when they come within 5 s; a second Ctrl-C does not",
      "wait for them. Packets are sorted by time, which is that of each node's own",
      "clock."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:captured",
      "1:the file could not be written",
      "2:wrong usage: unknown or ambiguous pod, bad option or filter",
      "3:no collector, or no agent that can capture",
      "130:interrupted; the file has what was captured until then (143: terminated)"
    })
final class CaptureCommand implements Callable<Integer> {
  private static final Duration MIN_TIME = Duration.ofMillis(100);
  private static final Duration MAX_TIME = Duration.ofMinutes(10);
  private static final long MAX_SIZE = 512_000_000;
  private static final int MIN_SNAPLEN = 64;
  private static final int MAX_SNAPLEN = 65_535;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "POD",
      description = "Pods: namespace/name, name with -n, or address.")
  private List<String> pods = new ArrayList<>();

  @Option(
      names = {"-o", "-w", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The pcapng file to write; - is standard output.")
  private String file;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      defaultValue = "",
      description = "Namespace of pods that name none. Default: the one that has it.")
  private String namespace;

  @Option(
      names = "--filter",
      paramLabel = "FILTER",
      defaultValue = "",
      description = "Which packets, as tcpdump takes it (pcap-filter(7)). Default: all.")
  private String filter;

  @Option(
      names = {"-s", "--snaplen"},
      paramLabel = "BYTES",
      defaultValue = "65535",
      description = "Bytes to keep of each packet, 64 to 65535. Default: 65535.")
  private int snaplen;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      defaultValue = "30s",
      converter = DurationText.class,
      description = "How long, at most 10m. Default: 30s.")
  private Duration duration;

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      defaultValue = "64MB",
      converter = SizeText.class,
      description = "End at this many bytes of packets, at most 512MB. Default: 64MB.")
  private long maxSize;

  @Mixin private CollectorOption collector;
  @Mixin private CommonOption common;

  @Override
  public Integer call() {
    return common.guard(err(), (sentence, _, exit) -> refuse(sentence, exit), this::capture);
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }

  private int refuse(String sentence, int exit) {
    Guard.say(err(), OutputOption.style(false), sentence);
    return exit;
  }

  private int capture() throws UsageException, CollectorException {
    CaptureQuestion question = question();
    CaptureFile target = new CaptureFile(file);
    try (PacketSpool spool = target.spool()) {
      return capture(question, target, new CaptureGathering(spool));
    } catch (IOException | UncheckedIOException e) {
      return refuse("cannot write " + file + ": " + e.getMessage(), Exit.NOT_DELIVERED);
    }
  }

  private int capture(CaptureQuestion question, CaptureFile target, CaptureGathering capture)
      throws UsageException, CollectorException, IOException {
    try (CollectorClient client = CollectorClient.connect(collector.address());
        CaptureEnd end = new CaptureEnd(client, capture)) {
      try {
        listen(client, question, capture, end);
      } catch (CollectorException e) {
        int exit = finish(target, capture, end.exit(Exit.NOT_OBSERVABLE));
        if (end.isAsked()) {
          return exit;
        }
        throw e;
      }
      return finish(target, capture, end.exit(Exit.DELIVERED));
    }
  }

  private void listen(
      CollectorClient client, CaptureQuestion question, CaptureGathering capture, CaptureEnd end)
      throws CollectorException {
    long deadline = System.nanoTime() + question.time().toNanos();
    Supplier<String> line =
        () ->
            end.isAsked()
                ? CaptureText.ending()
                : CaptureText.progress(capture.packets(), capture.bytes(), secondsUntil(deadline));
    try (CaptureProgress _ = CaptureProgress.start(err(), line, OutputOption.interactive())) {
      client.capture(question, capture::accept);
    } finally {
      end.over();
    }
  }

  private static long secondsUntil(long deadline) {
    return Math.max(0, TimeUnit.NANOSECONDS.toSeconds(deadline - System.nanoTime()) + 1);
  }

  /** Writes the file when anything was captured, or could have been. */
  private int finish(CaptureFile target, CaptureGathering capture, int exit) throws IOException {
    CaptureNews.Refused refused = capture.refused();
    if (refused != null) {
      return refuse(
          refused.message(),
          refused.reason() == TraceNews.Reason.USAGE ? Exit.USAGE : Exit.NOT_OBSERVABLE);
    }
    if (capture.points().isEmpty()) {
      return exit;
    }
    target.write(capture, comment(capture), snaplen);
    Style style = OutputOption.style(true);
    PrintWriter err = err();
    capture.warnings().forEach(warning -> err.println("note: " + style.text(warning)));
    err.println(
        style.text(
            CaptureText.summary(
                target.isStandardOutput() ? "standard output" : file,
                capture.packets(),
                capture.bytes(),
                capture.dropped(),
                capture.traces(),
                capture.why())));
    err.flush();
    return exit;
  }

  private String comment(CaptureGathering capture) {
    String text =
        "podhop capture "
            + String.join(" ", pods)
            + (filter.isEmpty() ? "" : ", filter " + filter)
            + "; ended by "
            + capture.why()
            + (capture.warnings().isEmpty() ? "" : "; " + String.join("; ", capture.warnings()));
    return new Style(true, false, true).text(text);
  }

  private CaptureQuestion question() throws UsageException {
    if (duration.compareTo(MIN_TIME) < 0 || duration.compareTo(MAX_TIME) > 0) {
      throw new UsageException("--duration must be 100ms to 10m");
    }
    if (maxSize < 1 || maxSize > MAX_SIZE) {
      throw new UsageException("--max-size must be at most 512MB");
    }
    if (snaplen < MIN_SNAPLEN || snaplen > MAX_SNAPLEN) {
      throw new UsageException("--snaplen must be " + MIN_SNAPLEN + " to " + MAX_SNAPLEN);
    }
    if (file.isBlank()) {
      throw new UsageException("--output must name a file");
    }
    return new CaptureQuestion(pods, namespace, filter, snaplen, maxSize, duration);
  }
}
