package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.podhop.CommandLineInProcess;
import io.podhop.v1.ListNodesRequest;
import io.podhop.v1.NodeStatus;
import io.podhop.v1.QueryGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/**
 * A lab with podhop in it: one collector on the machine's loopback, one agent inside each node that
 * reaches it through the VPC.
 */
final class Cluster implements AutoCloseable {
  static final String LAUNCHER = Path.of("bin/podhop").toAbsolutePath().toString();

  /** Where the agents find the collector: an address of the VPC that the lab relays. */
  private static final String IN_VPC = "192.168.0.5:4317";

  private static final Duration START = Duration.ofSeconds(60);

  private final Lab lab;
  private final String address;
  private final Background collector;
  private final Map<String, Background> agents = new LinkedHashMap<>();
  private final ManagedChannel channel;

  private Cluster(Lab lab, List<String> collectorOptions) {
    this.lab = lab;
    int port = Ports.free();
    this.address = "127.0.0.1:" + port;
    List<String> words = new ArrayList<>(List.of(LAUNCHER, "collector", "--listen", address));
    words.addAll(collectorOptions);
    this.collector = Background.start("collector", Map.of(), words);
    this.channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }

  /** Returns when both agents have registered and told their pods. */
  static Cluster start(Lab.Backend backend, String... collectorOptions) {
    return start(backend, List.of(), collectorOptions);
  }

  /** The same with options for both agents. */
  static Cluster start(Lab.Backend backend, List<String> agentOptions, String... collectorOptions) {
    Cluster cluster = new Cluster(Lab.up(backend), List.of(collectorOptions));
    try {
      cluster.startAgents(agentOptions);
      return cluster;
    } catch (RuntimeException | Error e) {
      e.addSuppressed(new AssertionError(cluster.logs()));
      cluster.close();
      throw e;
    }
  }

  private void startAgents(List<String> options) {
    lab.relay(IN_VPC, address);
    for (Lab.Node node : lab.status().nodes()) {
      startAgent(node.name(), options.toArray(String[]::new));
    }
    awaitAgents();
  }

  /** Returns when both agents have registered and told their pods. */
  void awaitAgents() {
    await("both agents have told their pods")
        .atMost(START)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () ->
                connectedNodes()
                    .equals(lab.status().nodes().stream().map(Lab.Node::name).toList()));
  }

  void startAgent(String node, String... options) {
    List<String> words =
        new ArrayList<>(List.of(LAUNCHER, "agent", "--collector", IN_VPC, "--node", node));
    words.addAll(List.of(options));
    agents.put(node, lab.start("agent-" + node, node, words.toArray(String[]::new)));
  }

  /** The agent dies as by {@code kill -9}. */
  void killAgent(String node) {
    agents.get(node).kill();
  }

  Lab lab() {
    return lab;
  }

  String collectorAddress() {
    return address;
  }

  /** Returns when an agent has told of a pod ({@code namespace/name}). */
  void awaitPod(String pod) {
    await("an agent tells of " + pod)
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(100))
        .until(
            () ->
                nodes().stream()
                    .flatMap(node -> node.getInventory().getPodsList().stream())
                    .anyMatch(known -> pod.equals(known.getNamespace() + "/" + known.getName())));
  }

  /** Nodes whose agent is connected and has told its pods, sorted. */
  List<String> connectedNodes() {
    return nodes().stream()
        .filter(node -> node.getConnected() && node.getInventory().getPodsCount() > 0)
        .map(node -> node.getInventory().getNode())
        .sorted()
        .toList();
  }

  /** What the collector knows of the nodes; nothing while it is not up. */
  List<NodeStatus> nodes() {
    if (!collector.isRunning()) {
      throw new IllegalStateException(collector.tail());
    }
    try {
      return QueryGrpc.newBlockingStub(channel)
          .withDeadlineAfter(5, TimeUnit.SECONDS)
          .listNodes(ListNodesRequest.getDefaultInstance())
          .getNodesList();
    } catch (StatusRuntimeException e) {
      return List.of();
    }
  }

  /** Runs {@code podhop trace} as a person types it, and reads its JSON. */
  Run trace(String... words) {
    return Run.of(podhop("trace", words).await());
  }

  /** The same without a process of its own: for tests that trace again and again. */
  Run traceHere(String... words) {
    return Run.of(podhopHere("trace", words));
  }

  /** Starts {@code podhop COMMAND} against this collector, for JSON, unless told otherwise. */
  Command podhop(String command, String... words) {
    return Command.start(commandLine(command, words));
  }

  /** The same without a process of its own: for tests that ask again and again. */
  Command.Result podhopHere(String command, String... words) {
    List<String> line = commandLine(command, words);
    return CommandLineInProcess.run(line.subList(1, line.size()));
  }

  /** The same, in the background of the tests. */
  Background podhopInBackground(String command, String... words) {
    return Background.start(command, Map.of(), commandLine(command, words));
  }

  private List<String> commandLine(String command, String... words) {
    List<String> all = new ArrayList<>(List.of(LAUNCHER, command));
    all.addAll(List.of(words));
    if (!all.contains("--collector")) {
      all.addAll(List.of("--collector", address));
    }
    if (!all.contains("-o")) {
      all.addAll(List.of("-o", "json"));
    }
    return all;
  }

  /** What all parts wrote, for a test that failed. */
  String logs() {
    StringBuilder all = new StringBuilder(collector.tail());
    agents.values().forEach(agent -> all.append(agent.tail()));
    return all.toString();
  }

  /** All of it must be gone at once, and ended by itself when told to. */
  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>();
    agents.values().forEach(agent -> all.addAll(tree(agent.handle())));
    all.addAll(tree(collector.handle()));
    channel.shutdownNow();
    agents.values().forEach(Background::close);
    collector.close();
    lab.close();
    await("every process of the cluster is gone")
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertThat(all).noneMatch(ProcessHandle::isAlive));
  }

  private static List<ProcessHandle> tree(ProcessHandle root) {
    List<ProcessHandle> all = new ArrayList<>(root.descendants().toList());
    all.add(root);
    return all;
  }

  /** One run of the command line, and its answer. */
  record Run(Command.Result result, Answer answer) {
    static Run of(Command.Result result) {
      try {
        return new Run(result, JsonMapper.shared().readValue(result.out(), Answer.class));
      } catch (RuntimeException e) {
        throw new AssertionError("no JSON answer: " + result, e);
      }
    }

    int exitCode() {
      return result.exitCode();
    }

    /** The one trace of a run that must have been delivered. */
    Answer.Trace delivered() {
      assertThat(answer.error()).as("%s", this).isNull();
      assertThat(answer.verdict().id()).as("%s", this).isEqualTo("delivered");
      assertThat(exitCode()).isZero();
      return answer.trace();
    }

    /** The same, without any fault on the way, proven, and with times that rise along it. */
    Answer.Trace healthy() {
      Answer.Trace trace = delivered();
      assertThat(answer.verdict().degraded()).isEmpty();
      assertThat(answer.verdict().grade()).as("%s", answer.verdict()).isEqualTo("proven");
      for (String packet : List.of("SYN", "SYN-ACK")) {
        assertThat(trace.hops().stream().filter(hop -> hop.packet().equals(packet)))
            .as("times of %s", packet)
            .isSortedAccordingTo(Comparator.comparingLong(Answer.Hop::timeNs));
      }
      return trace;
    }

    @Override
    public String toString() {
      return result.toString();
    }
  }
}
