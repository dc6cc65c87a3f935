package io.podhop.agent.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.ipam.Samples;
import io.podhop.agent.nat.Ruleset;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles put together of what real nodes printed. */
class SampleBundlesTest {
  private static final String RULE_LINE = "\\d+:\\s+.*";

  @TempDir private Path bundle;

  @Test
  void read_nodeWithBranchEnis_isUnderstoodWhole() throws IOException {
    put("networking/iprule.txt", "iprule-trunk-strict-v1.18-anngdinh.txt");
    write(
        "networking/iproute.txt",
        Samples.text("iproute-trunk-strict-v1.18-anngdinh.txt")
            + inTable("101", "iproute-table101-trunk-strict-v1.18-anngdinh.txt")
            + inTable("102", "iproute-table102-trunk-strict-v1.18-anngdinh.txt"));
    put("networking/ipaddr.txt", "ipaddr-trunk-strict-v1.18-anngdinh.txt");
    write(
        "networking/iptables-save.txt",
        "*nat\n"
            + Samples.text("iptables-S-nat-trunk-strict-v1.18-anngdinh.txt")
            + "\nCOMMIT\n*filter\n"
            + Samples.text("iptables-S-filter-trunk-strict-v1.18-anngdinh.txt")
            + "\nCOMMIT\n");

    BundleNode node = BundleReader.read(bundle);

    understood(node, 50 + 15);
    NodeInventory inventory = node.view().inventory();
    assertThat(inventory.primaryAddress()).hasToString("172.31.0.225");
    assertThat(inventory.vpcCidrs()).hasToString("[172.31.0.0/16]");
    assertThat(node.view().routes().rules()).hasSize(10);
    assertThat(node.view().routes().table(101)).hasSize(3);
    // Two normal pods and two on branch ENIs, none of which a log names.
    assertThat(node.warnings())
        .contains("4 addresses are routed to a pod's veth and ipamd does not name their pod");
  }

  @Test
  void read_nodeWithThreeEnis_hasThemAllAndTheirTables() throws IOException {
    put("networking/iprule.txt", "iprule-3eni-externalsnat-false-liarlee.txt");
    put("networking/iproute.txt", "iproute-main-table2-table3-3eni-liarlee.txt");

    BundleNode node = BundleReader.read(bundle);

    understood(node, 0);
    assertThat(node.view().routes().rules()).hasSize(58);
    assertThat(node.view().inventory().enis())
        .extracting(eni -> eni.interfaceName() + " " + eni.routeTable())
        .containsExactlyInAnyOrder("eth0 254", "eth1 2", "eth2 3");
    assertThat(node.missing().stream().map(MissingInput::toString))
        .anyMatch(text -> text.startsWith("no networking/iptables-save.txt"));
  }

  @Test
  void read_bottlerocket_rulesAndRoutesOfOneFile() throws IOException {
    String both = Samples.text("iprule-iproute-bottlerocket-issue3436.txt");
    write("networking/iprule.txt", lines(both, true));
    write("networking/iproute.txt", lines(both, false));

    BundleNode node = BundleReader.read(bundle);

    understood(node, 0);
    assertThat(node.view().routes().rules()).hasSize(10);
    assertThat(node.view().inventory().enis()).hasSize(1);
    assertThat(node.warnings())
        .anyMatch(warning -> warning.endsWith("ipamd does not name their pod"));
  }

  @Test
  void read_introspectionAndRoutes_nameThePods() throws IOException {
    put("ipamd/enis.json", "introspect-enis-v1.21.1-node1-solidcellaMoon.json");
    String routes =
        Samples.text("iproute-main-3nodes-v1.21.1-solidcellaMoon.txt")
            .lines()
            .takeWhile(line -> !line.contains("node 13."))
            .filter(line -> !line.contains("<<"))
            .collect(Collectors.joining("\n"));
    write("networking/iproute.txt", routes);

    BundleNode node = BundleReader.read(bundle);

    understood(node, 0);
    assertThat(node.view().ipam().introspection().enis()).hasSize(2);
    assertThat(node.view().inventory().pods())
        .extracting(PodInfo::ref)
        .extracting(PodRef::namespace)
        .contains("kube-system");
  }

  @Test
  void read_logsOfOneNode_fillTheHistory() throws IOException {
    put("var_log/aws-routed-eni/plugin.log", "plugin-v1.17dev-pr2790-add.log");
    put("var_log/aws-routed-eni/ipamd.log", "ipamd-v1.16-issue2837-startup.log");
    put("ipamd/ipam.json", "ipam-json-v1.11dev-pr1958.json");

    BundleNode node = BundleReader.read(bundle);

    assertThat(node.view().ipam().current()).isNotEmpty();
    assertThat(node.view().ipam().counters().lines()).isPositive();
    assertThat(node.warnings()).noneMatch(warning -> warning.contains("podhop-bundle-"));
  }

  private static void understood(BundleNode node, int rules) {
    assertThat(node.view().routes().skipped()).isZero();
    assertThat(node.warnings()).noneMatch(warning -> warning.contains("could not be read"));
    assertThat(node.view().nat().iptables().flatMap(Ruleset::rules)).hasSize(rules);
  }

  private static String inTable(String table, String sample) {
    return Stream.of("", Samples.text(sample))
        .flatMap(String::lines)
        .filter(line -> !line.isBlank())
        .map(line -> line.strip() + " table " + table + "\n")
        .collect(Collectors.joining());
  }

  private static String lines(String text, boolean rules) {
    List<String> wanted =
        text.lines().filter(line -> !line.isBlank() && line.matches(RULE_LINE) == rules).toList();
    return String.join("\n", wanted) + "\n";
  }

  private void put(String name, String sample) throws IOException {
    write(name, Samples.text(sample));
  }

  private void write(String name, String text) throws IOException {
    BundledNode.put(bundle, name, text);
  }
}
