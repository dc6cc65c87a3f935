package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.podhop.agent.bundle.BundleNode;
import io.podhop.agent.bundle.BundleReader;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.RtNetlink;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.RuleSetParser;
import io.podhop.agent.nat.Ruleset;
import io.podhop.agent.route.RouteReader;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.v1.NodeStatus;
import io.podhop.wire.InventoryCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * A support bundle of a node tells what the living node tells, as far as it goes. The lab's nodes
 * have no IPv6 rules, and ip6tables-save prints nothing then, as it does when it fails.
 */
@ExtendWith(ClusterLogs.class)
class BundleIT {
  private static Cluster cluster;

  @TempDir private Path temp;

  @BeforeAll
  static void start() {
    cluster = Cluster.start(Lab.Backend.NFT_CONNMARK_NFT);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void clear() {
    cluster.lab().clearFaults();
  }

  @ParameterizedTest
  @ValueSource(strings = {"node-a", "node-b"})
  void read_healthyNode_isTheLivingOne(String node) throws IOException {
    BundleNode read = BundleReader.read(cluster.lab().bundle(node, temp.resolve("b"), "--extra"));

    sameInventory(read.view().inventory(), inventory(node));
    sameRoutes(read.view().routes(), routes(node));
    sameRules(read.view().nat(), node);
    assertThat(read.view().nat().nativeTable().isEmpty()).isFalse();
    assertThat(read.view().reading().absent())
        .extracting(Enum::name)
        .containsExactlyInAnyOrder("IPTABLES_LEGACY", "IP6TABLES");
    assertThat(read.warnings()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"node-a", "node-b"})
  void read_archiveOfTheCollectorsFilesAlone_isTheLivingNodeWithoutNftables(String node)
      throws IOException {
    BundleNode read = BundleReader.read(cluster.lab().bundle(node, temp.resolve("b"), "--tgz"));

    sameInventory(read.view().inventory(), inventory(node));
    sameRoutes(read.view().routes(), routes(node));
    sameRules(read.view().nat(), node);
    assertThat(read.view().nat().nativeTable().isEmpty()).isTrue();
    assertThat(read.view().reading().absent())
        .extracting(Enum::name)
        .containsExactlyInAnyOrder("IPTABLES_LEGACY", "IP6TABLES", "NEIGHBOURS", "NFTABLES");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--extra", "--tgz"})
  void read_nodeWithoutRule1536_lacksItAsTheLivingOne(String option) throws IOException {
    String address = cluster.lab().status().pod(LabPods.API).ip();
    String rule = "from " + address + " lookup 2";
    assertThat(texts(routes("node-a"))).anyMatch(text -> text.endsWith(rule));
    cluster.lab().fault("missing-1536", LabPods.API);

    BundleNode read = BundleReader.read(cluster.lab().bundle("node-a", temp.resolve("b"), option));

    sameRoutes(read.view().routes(), routes("node-a"));
    assertThat(texts(read.view().routes())).noneMatch(text -> text.endsWith(rule));
    PodInfo pod =
        read.view().inventory().pods().stream()
            .filter(known -> known.ref().toString().equals(LabPods.API))
            .findFirst()
            .orElseThrow();
    assertThat(pod.addresses()).extracting(Object::toString).containsExactly(address);
    assertThat(pod.hostVeth()).isEqualTo(cluster.lab().veth(LabPods.API));
  }

  @Test
  void commands_healthyNodes_answerAsTheLivingOnes() {
    List<String> bundles = bundles("--extra");

    for (String connection :
        List.of(
            LabPods.API + " " + LabPods.DB + " -p 8080",
            LabPods.WEB + " svc/db -n shop -p 5432",
            LabPods.API + " " + LabPods.INTERNET + " -p 443")) {
      JsonNode read = read(0, bundles, "explain " + connection);
      assertThat(TwinAnswer.way(read))
          .as(connection)
          .hasSizeGreaterThan(6)
          .isEqualTo(TwinAnswer.way(live(0, "explain " + connection)));
    }
    assertThat(TwinAnswer.findings(read(0, bundles, "audit"))).isEmpty();
    assertThat(TwinAnswer.checkedBesidesPods(read(0, bundles, "audit")))
        .hasSizeGreaterThan(2 * 30)
        .isSubsetOf(TwinAnswer.checkedBesidesPods(live(0, "audit")));
    String address = "ip " + cluster.lab().status().pod(LabPods.API).ip();
    assertThat(TwinAnswer.tenures(read(0, bundles, address)))
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains(LabPods.API)
        .isEqualTo(TwinAnswer.tenures(live(0, address)).getFirst());
    for (String node : List.of("node node-a", "node node-b")) {
      assertThat(TwinAnswer.node(read(0, bundles, node)))
          .hasSizeGreaterThan(9)
          .isEqualTo(TwinAnswer.node(live(0, node)));
    }
  }

  @Test
  void commands_nodeWithoutRule1536_nameIt() {
    cluster.lab().fault("missing-1536", LabPods.API);
    List<String> bundles = bundles("--tgz");

    JsonNode way = read(1, bundles, "explain " + LabPods.API + " " + LabPods.DB + " -p 8080");
    JsonNode audit = read(1, bundles, "audit");

    assertThat(way.at("/verdict/id").asString()).isEqualTo("wrong-eni");
    assertThat(way.at("/verdict/cause").asString()).contains("leaves by eth0", "rule 1536");
    assertThat(TwinAnswer.way(way))
        .isEqualTo(
            TwinAnswer.way(live(1, "explain " + LabPods.API + " " + LabPods.DB + " -p 8080")));
    assertThat(TwinAnswer.findings(audit))
        .containsExactly("node-a missing-rule-1536 " + LabPods.API);
    assertThat(audit.at("/nodes/0/unchecked").toString())
        .contains("nftables were not read", "no pod's network namespace was read");
    // Whether a packet to the internet is marked is in nftables, which no log collector gathers.
    JsonNode unknown =
        read(3, bundles, "explain " + LabPods.API + " " + LabPods.INTERNET + " -p 443");
    assertThat(unknown.at("/verdict/cause").asString()).contains("networking/nft-ruleset.txt");
  }

  /** Of both nodes, as options. */
  private List<String> bundles(String option) {
    List<String> options = new ArrayList<>();
    for (String node : List.of("node-a", "node-b")) {
      Path bundle = cluster.lab().bundle(node, temp.resolve(node), option);
      options.addAll(List.of("--bundle", bundle.toString()));
    }
    return options;
  }

  private static JsonNode read(int exitCode, List<String> bundles, String command) {
    return TwinAnswer.of(exitCode, bundles, command);
  }

  private static JsonNode live(int exitCode, String command) {
    return TwinAnswer.of(
        exitCode, List.of(), command + " --collector " + cluster.collectorAddress());
  }

  private static void sameInventory(NodeInventory read, NodeInventory live) {
    assertThat(read.node()).isEqualTo(live.node());
    assertThat(read.primaryAddress()).isEqualTo(live.primaryAddress());
    assertThat(read.vpcCidrs()).isEqualTo(live.vpcCidrs());
    assertThat(read.services()).isEqualTo(live.services());
    assertThat(read.enis())
        .extracting("interfaceName", "addresses", "routeTable")
        .containsExactlyInAnyOrderElementsOf(
            live.enis().stream()
                .map(eni -> tuple(eni.interfaceName(), eni.addresses(), eni.routeTable()))
                .toList());
    assertThat(read.pods().stream().map(BundleIT::fromOutside))
        .isNotEmpty()
        .containsExactlyElementsOf(live.pods().stream().map(BundleIT::fromOutside).toList());
  }

  /** What of a pod can be known without entering it. */
  private static String fromOutside(PodInfo pod) {
    return String.join(
        " ",
        pod.ref().toString(),
        pod.workload(),
        pod.containerId(),
        pod.addresses().toString(),
        pod.hostVeth(),
        pod.eniInterface(),
        String.valueOf(pod.routeTable()));
  }

  private static void sameRoutes(RouteSnapshot read, RouteSnapshot live) {
    assertThat(texts(read)).isNotEmpty().isEqualTo(texts(live));
    assertThat(read.routes().stream().map(route -> route.place() + ": " + route.text()))
        .isNotEmpty()
        .containsExactlyInAnyOrderElementsOf(
            live.routes().stream().map(route -> route.place() + ": " + route.text()).toList());
    assertThat(read.addresses().stream().map(InterfaceAddress::text))
        .containsExactlyInAnyOrderElementsOf(
            live.addresses().stream().map(InterfaceAddress::text).toList());
    assertThat(read.skipped()).isZero();
  }

  private static List<String> texts(RouteSnapshot routes) {
    return routes.rules().stream().map(rule -> rule.priority() + ": " + rule.text()).toList();
  }

  private static void sameRules(NatSnapshot read, String node) {
    assertThat(texts(read.nft())).isNotEmpty().isEqualTo(saved(node, "iptables-nft-save"));
    assertThat(texts(read.ipv6().nft())).isEqualTo(saved(node, "ip6tables-nft-save"));
    assertThat(read.legacy().isEmpty()).isTrue();
  }

  private static List<String> saved(String node, String tool) {
    return texts(RuleSetParser.parse(Backend.NFT, cluster.lab().exec(node, tool).orFail()));
  }

  private static List<String> texts(Ruleset rules) {
    return rules.rules().map(rule -> rule.place() + " " + rule.text()).toList();
  }

  private static NodeInventory inventory(String node) {
    return cluster.nodes().stream()
        .map(NodeStatus::getInventory)
        .map(InventoryCodec::decode)
        .filter(known -> known.node().equals(node))
        .findFirst()
        .orElseThrow();
  }

  private static RouteSnapshot routes(String node) throws IOException {
    LinuxCounters counters = new LinuxCounters();
    try (NamespaceThread thread = new NamespaceThread(counters);
        RtNetlink netlink = thread.inNamespace(namespace(node), () -> RtNetlink.open(counters))) {
      return new RouteReader(counters).read(netlink);
    }
  }

  private static Path namespace(String node) {
    return Path.of("/proc", String.valueOf(cluster.lab().status().node(node).pid()), "ns/net");
  }
}
