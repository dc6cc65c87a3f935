package io.podhop.e2e;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** One lab of {@code deploy/lab}: raised on construction, gone when closed or when the JVM ends. */
final class Lab implements AutoCloseable {
  private static final String PROGRAM = Path.of("lab/lab").toAbsolutePath().toString();

  private final String name;
  private final Status status;
  private final Thread stopper = new Thread(this::down);

  /** How the nodes' iptables are: kube-proxy's and the CNI's rules are written through them. */
  enum Backend {
    NFT_CONNMARK_NFT("nft", "nft"),
    NFT_CONNMARK_IPTABLES("nft", "iptables"),
    LEGACY("legacy", "iptables");

    private final String iptables;
    private final String connmark;

    Backend(String iptables, String connmark) {
      this.iptables = iptables;
      this.connmark = connmark;
    }
  }

  /** What {@code lab status -o json} tells. */
  record Status(String name, List<Node> nodes, List<Service> services) {
    Node node(String wanted) {
      return nodes.stream().filter(n -> n.name().equals(wanted)).findFirst().orElseThrow();
    }

    Pod pod(String wanted) {
      return nodes.stream()
          .flatMap(n -> n.pods().stream())
          .filter(p -> p.ref().equals(wanted))
          .findFirst()
          .orElseThrow();
    }
  }

  record Node(String name, long pid, String primaryAddress, List<Pod> pods) {}

  /**
   * @param eni {@code eth0} or {@code eth1}: the ENI its address belongs to
   */
  record Pod(
      String namespace,
      String name,
      String ip,
      @JsonProperty("interface") String eni,
      int routeTable,
      String veth,
      String containerId,
      long pid) {
    String ref() {
      return namespace + "/" + name;
    }
  }

  record Service(String namespace, String name, String clusterIp, List<String> endpoints) {}

  private Lab(String name) {
    this.name = name;
    Runtime.getRuntime().addShutdownHook(stopper);
    this.status = statusNow();
  }

  /** Raises a lab. A tool that is missing fails it, and the lab's own message names the package. */
  static Lab up(Backend backend) {
    Command.Result up = lab("up", "--backend", backend.iptables, "--connmark", backend.connmark);
    return new Lab(up.orFail().strip());
  }

  String name() {
    return name;
  }

  /** As it was raised. */
  Status status() {
    return status;
  }

  /** With what was added since. */
  Status statusNow() {
    return JsonMapper.shared().readValue(lab("status", name, "-o", "json").orFail(), Status.class);
  }

  /** Host veth of a pod. */
  String veth(String pod) {
    return status.pod(pod).veth();
  }

  /** Runs a command at a pod ({@code namespace/name}), a node, {@code vpc} or {@code inet}. */
  Command.Result exec(String where, String... words) {
    return Command.run(execWords(where, words));
  }

  /** Runs a command in the background of the tests. */
  Background start(String title, String where, String... words) {
    return Background.start(title, Map.of(), execWords(where, words));
  }

  /** A command line that runs {@code words} inside the lab; it dies with the lab. */
  List<String> execWords(String where, String... words) {
    List<String> all = new ArrayList<>(List.of(PROGRAM, "exec", name, where, "--"));
    all.addAll(List.of(words));
    return all;
  }

  void fault(String... words) {
    lab(Stream.concat(Stream.of("fault", name), Stream.of(words)).toArray(String[]::new)).orFail();
  }

  void clearFaults() {
    fault("clear");
  }

  /**
   * Writes what the EKS log collector would gather on a node.
   *
   * @param options {@code --tgz} for an archive, {@code --extra} for what people are asked for
   *     besides
   * @return the path of what was written
   */
  Path bundle(String node, Path directory, String... options) {
    List<String> words = new ArrayList<>(List.of("bundle", name, node, directory.toString()));
    words.addAll(List.of(options));
    return Path.of(lab(words.toArray(String[]::new)).orFail().strip());
  }

  void addPod(String node, String pod) {
    lab("pod", "add", name, node, pod).orFail();
  }

  void relay(String listen, String target) {
    lab("relay", name, listen, target).orFail();
  }

  private void down() {
    lab("down", name);
  }

  @Override
  public void close() {
    lab("down", name).orFail();
    Runtime.getRuntime().removeShutdownHook(stopper);
  }

  private static Command.Result lab(String... words) {
    List<String> all = new ArrayList<>(List.of(PROGRAM));
    all.addAll(List.of(words));
    return Command.run(all);
  }
}
