package io.podhop.agent;

import io.podhop.agent.config.AlwaysOn;
import io.podhop.agent.config.Amounts;
import io.podhop.agent.linux.Capabilities;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code podhop agent}: runs until it is told to stop. */
@Command(
    name = "agent",
    mixinStandardHelpOptions = true,
    description = {
      "Watches this node's pods all the time, and traces for the collector.",
      "Needs CAP_SYS_ADMIN (to enter network namespaces), CAP_NET_ADMIN (conntrack,",
      "rules), CAP_NET_RAW (capture) and CAP_SYS_PTRACE (to see other processes'",
      "namespaces), in the node's own pid and network namespaces."
    },
    footer = {"", "Example:", "  podhop agent --collector collector.podhop:4317 --node node-a"})
public final class AgentCommand implements Callable<Integer> {
  private static final int EXIT_FAILED = 1;
  private static final int EXIT_USAGE = 2;

  @Spec private CommandSpec spec;

  @Option(
      names = "--collector",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where the collector listens.")
  private String collector;

  @Option(
      names = "--node",
      paramLabel = "NAME",
      description = "This node's name in Kubernetes. Default: $$NODE_NAME, else the host name.")
  private @Nullable String node;

  @Option(
      names = "--ipamd-logs",
      paramLabel = "DIR",
      defaultValue = "/var/log/aws-routed-eni",
      description = "Where ipamd.log and plugin.log are. Default: ${DEFAULT-VALUE}.")
  private Path logs;

  @Option(
      names = "--ipamd-state",
      paramLabel = "DIR",
      defaultValue = "/var/run/aws-node",
      description = "Where ipam.json is. Default: ${DEFAULT-VALUE}.")
  private Path state;

  @Option(
      names = "--always-on",
      paramLabel = "MODE",
      defaultValue = "headers",
      description =
          "How every pod is watched all the time: headers (every packet's headers), edges (only"
              + " packets that open and close connections, DNS and ICMP; traffic and other UDP are"
              + " conntrack's count) or off. Default: ${DEFAULT-VALUE}.")
  private AlwaysOn.Mode alwaysOn;

  @Option(
      names = "--sample",
      paramLabel = "PERCENT",
      defaultValue = "1%",
      description =
          "Share of healthy connections made into traces; odd ones all are. Default: 1%%.")
  private String sample;

  @Option(
      names = "--max-traces",
      paramLabel = "N",
      defaultValue = "50",
      description =
          "Traces per second at most, failed ones first; what is shed is counted."
              + " Default: ${DEFAULT-VALUE}.")
  private int maxTraces;

  @Option(
      names = "--ring-memory",
      paramLabel = "SIZE",
      defaultValue = "64MB",
      description = "Memory of all capture rings together. Default: ${DEFAULT-VALUE}.")
  private String ringMemory;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "262144",
      description = "Connections in the flow table. Default: ${DEFAULT-VALUE}.")
  private int maxConnections;

  @Option(
      names = "--metrics-listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9464",
      description =
          "Where metrics are served for Prometheus (GET /metrics), to anyone who can connect: a"
              + " scraper on another host needs 0.0.0.0:9464. \"\" serves none."
              + " Default: ${DEFAULT-VALUE}.")
  private String metricsListen;

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<String> missing = Capabilities.missing();
    if (!missing.isEmpty()) {
      return say(
          EXIT_FAILED,
          "the agent lacks "
              + String.join(", ", missing)
              + ": run it as root, or add them to the container's securityContext");
    }
    AgentConfig config;
    try {
      config = new AgentConfig(collector, nodeName(), logs, state, watching());
    } catch (IllegalArgumentException e) {
      return say(EXIT_USAGE, String.valueOf(e.getMessage()));
    }
    CountDownLatch stopped = new CountDownLatch(1);
    try (Agent agent = new Agent(config, version())) {
      Runtime.getRuntime()
          .addShutdownHook(Thread.ofPlatform().name("podhop-stop").unstarted(agent::close));
      try {
        agent.start();
      } catch (IOException e) {
        return say(EXIT_FAILED, String.valueOf(e.getMessage()));
      }
      spec.commandLine().getErr().println("podhop agent: " + config.node() + " → " + collector);
      stopped.await();
    }
    return 0;
  }

  private AlwaysOn watching() {
    return new AlwaysOn(
        alwaysOn,
        Amounts.share(sample),
        maxTraces,
        Amounts.bytes(ringMemory),
        maxConnections,
        Amounts.listen(metricsListen));
  }

  private int say(int exitCode, String sentence) {
    spec.commandLine().getErr().println("podhop agent: " + sentence);
    return exitCode;
  }

  private String nodeName() throws IOException {
    return Optional.ofNullable(node)
        .or(() -> Optional.ofNullable(System.getenv("NODE_NAME")))
        .orElse(InetAddress.getLocalHost().getHostName());
  }

  private static String version() {
    return Optional.ofNullable(AgentCommand.class.getPackage())
        .map(Package::getImplementationVersion)
        .orElse("development");
  }
}
