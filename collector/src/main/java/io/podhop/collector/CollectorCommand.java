package io.podhop.collector;

import io.podhop.collector.export.OtlpEndpoint;
import io.podhop.collector.store.TraceStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code podhop collector}: runs until it is told to stop. Exit code 2 when it cannot start. */
@Command(
    name = "collector",
    mixinStandardHelpOptions = true,
    description = "Run the collector: agents and OTLP in, traces out.")
public final class CollectorCommand implements Callable<Integer> {
  private static final int CANNOT_START = 2;

  @Spec private CommandSpec spec;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description =
          "Address for agents, OTLP and queries; may be repeated. Default: 127.0.0.1:4317")
  private List<String> listen = new ArrayList<>();

  @Option(
      names = "--otlp-endpoint",
      paramLabel = "URL",
      description = "Trace back end that takes OTLP/gRPC; may be repeated.")
  private List<String> otlpEndpoints = new ArrayList<>();

  @Option(
      names = "--store",
      paramLabel = "FILE|memory",
      defaultValue = "memory",
      description = "Where recent traces are kept. Default: ${DEFAULT-VALUE}")
  private String store;

  @Option(
      names = "--trace-link",
      paramLabel = "TEMPLATE",
      defaultValue = "",
      description = "Where a trace can be looked at, for example http://jaeger/trace/{traceId}")
  private String traceLink;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    try {
      CollectorConfig config = config();
      warnOfOpenAddresses(config, err);
      Collector collector = Collector.build(config);
      start(collector, config);
      Runtime.getRuntime().addShutdownHook(new Thread(collector::close, "podhop-shutdown"));
      PrintWriter out = spec.commandLine().getOut();
      out.println(ready(config, collector));
      out.flush();
      new CountDownLatch(1).await();
      return 0;
    } catch (IllegalArgumentException | TraceStore.StoreException | CannotListen e) {
      err.println("podhop collector: " + e.getMessage());
      err.flush();
      return CANNOT_START;
    }
  }

  private CollectorConfig config() {
    List<String> addresses = listen.isEmpty() ? List.of("127.0.0.1:4317") : listen;
    return new CollectorConfig(
        addresses.stream().map(ListenAddress::parse).toList(),
        otlpEndpoints.stream().map(OtlpEndpoint::parse).toList(),
        store.equals("memory") ? Optional.empty() : Optional.of(Path.of(store)),
        traceLink);
  }

  /** Everything is plaintext for now, so whoever reaches the port can trace. */
  private static void warnOfOpenAddresses(CollectorConfig config, PrintWriter err) {
    config.listen().stream()
        .filter(address -> !address.isLoopback())
        .forEach(
            address ->
                err.println(
                    "podhop collector: warning: "
                        + address
                        + " is open to the network without TLS or authentication"));
    err.flush();
  }

  private static void start(Collector collector, CollectorConfig config) throws CannotListen {
    try {
      collector.start();
    } catch (IOException e) {
      collector.close();
      throw new CannotListen(config, e);
    }
  }

  private static String ready(CollectorConfig config, Collector collector) {
    String host = config.listen().getFirst().host();
    return "podhop collector ready on " + new ListenAddress(host, collector.port());
  }

  /** An address is taken, or is not one of this machine. */
  private static final class CannotListen extends Exception {
    private static final long serialVersionUID = 1L;

    CannotListen(CollectorConfig config, IOException cause) {
      super(
          "cannot listen on "
              + config.listen().stream()
                  .map(ListenAddress::toString)
                  .reduce((a, b) -> a + ", " + b)
                  .orElse("")
              + ": "
              + reason(cause),
          cause);
    }

    private static String reason(Throwable cause) {
      Throwable root = cause;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      return String.valueOf(root.getMessage()).toLowerCase(Locale.ROOT)
          + "; stop what uses it, or choose another with --listen";
    }
  }
}
