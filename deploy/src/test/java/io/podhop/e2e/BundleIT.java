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
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
