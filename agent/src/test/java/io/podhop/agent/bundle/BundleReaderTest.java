package io.podhop.agent.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.Route;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BundleReaderTest {
  @TempDir private static Path collected;
  private static BundledNode node;
  private static Path bundle;

  @TempDir private Path temp;

  @BeforeAll
  static void collect() throws IOException {
    node = new BundledNode();
    bundle = collected.resolve("eks_" + BundledNode.INSTANCE + "_2025-05-06_0708-UTC_0.7.8");
    node.collect(bundle);
  }

  @AfterAll
  static void close() throws IOException {
    node.close();
  }

  @Test
  void read_nodeOfTheCollector_hasTheRoutingStateThatRtnetlinkTells() throws IOException {
    RouteSnapshot live = node.live();
    RouteSnapshot read = BundleReader.read(bundle).view().routes();

    assertThat(texts(read.rules())).isEqualTo(texts(live.rules()));
    assertThat(read.routes().stream().map(BundleReaderTest::text))
        .containsExactlyInAnyOrderElementsOf(
            live.routes().stream().map(BundleReaderTest::text).toList());
    assertThat(read.addresses().stream().map(InterfaceAddress::text))
        .containsExactlyInAnyOrderElementsOf(
            live.addresses().stream().map(InterfaceAddress::text).toList());
    assertThat(read.skipped()).isEqualTo(live.skipped());
    assertThat(read.links())
        .filteredOn(link -> !link.name().equals("lo"))
        .hasSize(8)
        .allSatisfy(
            link -> {
              assertThat(live.link(link.name())).get().extracting("mac").isEqualTo(link.mac());
              assertThat(live.link(link.name()).orElseThrow().mtuBytes())
                  .isEqualTo(link.mtuBytes());
              assertThat(link.ifindex()).isNegative();
              assertThat(link.up()).isTrue();
            });
  }

  @Test
  void read_nodeOfTheCollector_joinsPodsEnisAndServices() throws IOException {
    NodeInventory inventory = BundleReader.read(bundle).view().inventory();

    assertThat(inventory.node()).isEqualTo("ip-192-168-0-10.ec2.internal");
    assertThat(inventory.primaryAddress()).hasToString("192.168.0.10");
    assertThat(inventory.vpcCidrs()).hasToString("[192.168.0.0/16]");
    assertThat(inventory.enis()).extracting(EniInfo::interfaceName).containsExactly("eth0", "eth1");
    assertThat(inventory.services()).extracting(port -> port.name()).containsExactly("api");
    assertThat(inventory.pods())
        .extracting(PodInfo::ref)
        .containsExactly(BundledNode.API, BundledNode.CART);
    PodInfo api = inventory.pods().getFirst();
    assertThat(api.addresses()).containsExactly(IpAddress.parse("192.168.1.21"));
    assertThat(api.hostVeth()).isEqualTo(BundledNode.API_VETH);
    assertThat(api.containerId()).isEqualTo(BundledNode.API_SANDBOX);
    assertThat(api.eniInterface()).isEqualTo("eth1");
    assertThat(api.routeTable()).isEqualTo(2);
    assertThat(api.workload()).isEqualTo("api");
    assertThat(api.netnsInode()).isZero();
    assertThat(api.pid()).isZero();
  }

  @Test
  void read_nodeOfTheCollector_saysWhatItCannotKnow() throws IOException {
    BundleNode read = BundleReader.read(bundle);

    assertThat(read.view().reading().at()).isEqualTo(BundledNode.COLLECTED);
    assertThat(read.view().routes().sysctls().number("net.ipv4.ip_forward")).isPresent();
    assertThat(read.view().nat().nft().isEmpty()).isFalse();
    assertThat(read.view().nat().legacy().isEmpty()).isTrue();
    assertThat(read.view().nat().ipv6().nft().rules()).hasSize(1);
    assertThat(read.warnings()).isEmpty();
    assertThat(read.missing().stream().map(MissingInput::toString))
        .satisfiesExactly(
            first -> assertThat(first).startsWith("in no bundle: ").contains("static ARP"),
            links -> assertThat(links).startsWith("no networking/ipaddr.txt: ").contains("MTU"),
            neighbours -> assertThat(neighbours).startsWith("no networking/ipneigh.txt: "),
            legacy -> assertThat(legacy).startsWith("no networking/iptables-legacy-save.txt: "),
            marks -> assertThat(marks).startsWith("no networking/nft-ruleset.txt: "),
            enis -> assertThat(enis).startsWith("no ipamd/enis.json: "),
            ipamd -> assertThat(ipamd).startsWith("no ipamd/ipamd-env-settings.json: "),
            net -> assertThat(net).startsWith("no ipamd/networkutils-env-settings.json: "),
            plugin -> assertThat(plugin).startsWith("no var_log/aws-routed-eni/plugin.log: "));
  }

  @Test
  void read_sameNodeAsDirectoryAndArchive_isEqual() throws IOException {
    Path archive = temp.resolve(bundle.getFileName() + ".tar.gz");
    TestNamespace.run("tar", "-czf", archive.toString(), "-C", bundle.toString(), ".");
    Path withTop = temp.resolve("mail.tgz");
    TestNamespace.run(
        "tar",
        "-czf",
        withTop.toString(),
        "-C",
        bundle.getParent().toString(),
        bundle.getFileName().toString());

    BundleNode read = BundleReader.read(bundle);
    assertThat(BundleReader.read(archive)).isEqualTo(read);
    assertThat(BundleReader.read(withTop)).isEqualTo(read);
  }

  @Test
  void read_everythingThatPeopleAdd_isMoreThanTheCollectorKnows() throws IOException {
    Path full = withEverything();
    BundleNode read = BundleReader.read(full);
    RouteSnapshot live = node.live();

    assertThat(read.view().routes().links())
        .extracting(link -> link.ifindex() + " " + link.name())
        .containsExactlyElementsOf(
            live.links().stream().map(link -> link.ifindex() + " " + link.name()).toList());
    assertThat(read.view().routes().neighbours())
        .containsExactlyElementsOf(
            live.neighbours().stream()
                .filter(neighbour -> neighbour.state().equals("PERMANENT"))
                .toList());
    assertThat(read.view().nat().nativeTable().chains("aws-cni")).hasSize(2);
    assertThat(read.view().nat().nativeTable().unparsed()).isEmpty();
    assertThat(read.view().inventory().pods())
        .allSatisfy(pod -> assertThat(pod.hostVethIndex()).isPositive());
    assertThat(read.view().ipam().introspection().enis())
        .extracting(eni -> eni.id())
        .containsExactly("eni-0aaaabbbbccccdddd");
    assertThat(read.view().ipam().introspection().settings()).containsKey("WARM_ENI_TARGET");
    assertThat(read.missing()).hasSize(4);
    assertThat(read.warnings()).isEmpty();
  }

  @Test
  void read_halfABundle_worksWithWhatItHas() throws IOException {
    Path half = temp.resolve("half");
    Files.createDirectories(half.resolve("networking"));
    Files.copy(bundle.resolve("networking/iproute.txt"), half.resolve("networking/iproute.txt"));
    BundledNode.put(half, "networking/iprule.txt", "");

    BundleNode read = BundleReader.read(half);

    assertThat(read.view().inventory().node()).isEqualTo("half");
    assertThat(read.view().inventory().enis()).hasSize(2);
    assertThat(read.view().inventory().pods()).isEmpty();
    assertThat(read.warnings())
        .containsExactly(
            "2 addresses are routed to a pod's veth and ipamd does not name their pod");
    assertThat(read.missing().stream().map(MissingInput::toString))
        .anyMatch(text -> text.startsWith("no networking/iprule.txt: which routing table"))
        .anyMatch(text -> text.startsWith("no networking/iptables-save.txt: NAT and filtering"))
        .anyMatch(text -> text.startsWith("no ipamd/ipam.json: who holds an address"))
        .noneMatch(text -> text.contains("iproute.txt"));
  }

  @Test
  void read_unreadableLines_areCountedAndShown() throws IOException {
    BundledNode.put(
        temp, "networking/iprule.txt", "0:\tfrom all lookup local\nnonsense \u0007 here\n");

    BundleNode read = BundleReader.read(temp);

    assertThat(read.view().routes().rules()).hasSize(1);
    assertThat(read.warnings())
        .contains(
            "1 lines of 'networking/iprule.txt' could not be read, the first: 'nonsense ? here'");
  }

  @Test
  void read_nothingOfANode_saysWhatWasExpected() {
    assertThatThrownBy(() -> BundleReader.read(temp))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("holds nothing of a node");
  }

  @Test
  void read_bundlesOfTwoNodes_asksForOne() throws IOException {
    BundledNode.put(temp, "a/networking/iprule.txt", "0: from all lookup local\n");
    BundledNode.put(temp, "b/networking/iprule.txt", "0: from all lookup local\n");

    assertThatThrownBy(() -> BundleReader.read(temp))
        .hasMessageContaining("several nodes, 'a/', 'b/': name one of them");
  }

  @Test
  void read_directoryWhoseFilesWereCopied_takesTheTimeOfItsName() throws IOException {
    Path copy = temp.resolve(bundle.getFileName());
    BundledNode.put(copy, "networking/iprule.txt", "0: from all lookup local\n");

    assertThat(BundleReader.read(copy).view().reading().at())
        .isEqualTo(Instant.parse("2025-05-06T07:08:00Z"));
  }

  @ParameterizedTest
  @CsvSource({
    "# Generated by iptables-save v1.8.8 (nf_tables) on Tue May  6 07:08:09 2025, NFT",
    "# Generated by iptables-nft-save v1.8.9 (nf_tables) on Tue May  6 07:08:09 2025, NFT",
    "# Generated by xtables-save v1.8.2 on Tue May  6 07:08:09 2025, NFT",
    "# Generated by iptables-save v1.8.10 on Tue May  6 07:08:09 2025, LEGACY",
    "# Generated by iptables-save v1.4.21 on Tue May  6 07:08:09 2025, LEGACY",
    "# Generated by iptables-save v1.8.4 on Tue May  6 07:08:09 2025, ",
    "*nat, ",
  })
  void backend_heading_isToldWhereItCanBe(String heading, Backend backend) {
    assertThat(BundleRules.backend(heading + "\n*nat\nCOMMIT\n").orElse(null)).isEqualTo(backend);
  }

  private Path withEverything() throws IOException {
    Path full = temp.resolve("full");
    TestNamespace.run("cp", "-r", bundle.toString(), full.toString());
    node.collectMore(full);
    return full;
  }

  private static List<String> texts(List<PolicyRule> rules) {
    return rules.stream().map(rule -> rule.priority() + ": " + rule.text()).toList();
  }

  private static String text(Route route) {
    return route.place() + ": " + route.text();
  }
}
