package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code podhop audit}: a healthy node has no finding, and each fault of the lab is named. */
@ExtendWith(ClusterLogs.class)
class AuditIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.start(Lab.Backend.NFT_CONNMARK_IPTABLES);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** A fault of the lab as it is raised, and what the audit calls it. */
  private record Row(String finding, String subject, String... fault) {
    String found() {
      return finding + " " + subject;
    }
  }

  private static final String NODE = "node node-a";
  private static final String DARK = "192.168.33.0/24";

  /** Each list at once: they do not hide one another. */
  private static final List<List<Row>> ROUNDS =
      List.of(
          List.of(
              new Row("missing-rule-1536", LabPods.API, "missing-1536", LabPods.API),
              new Row("ip-forward", NODE, "ip-forward-off", "node-a"),
              new Row("leaked-rule", "192.168.1.29", "leaked-rule", "node-a", "192.168.1.29"),
              new Row("wrong-rule-1536", LabPods.CART, "duplicate-rule", LabPods.CART),
              new Row("blackhole-route", DARK, "blackhole-route", "node-a", DARK),
              new Row("missing-connmark", "AWS-CONNMARK-CHAIN-0", "missing-connmark", "node-a")),
          List.of(
              new Row("missing-rule-512", LabPods.API, "missing-512", LabPods.API),
              new Row("missing-rule-1024", NODE, "missing-1024", "node-a"),
              new Row("rp-filter", "eth0", "strict-rp", "node-a"),
              new Row("foreign-rule", "rule 30400", "foreign-rule", "node-a"),
              new Row("pod-default-route", LabPods.API, "no-pod-route", LabPods.API),
              new Row("forward-drop", "FORWARD", "forward-drop", "node-a")),
          List.of(
              new Row("old-rule-1536", LabPods.API, "old-1536", LabPods.API),
              new Row("missing-host-route", LabPods.API, "no-host-route", LabPods.API),
              new Row("pod-gateway-mac", LabPods.API, "wrong-static-arp", LabPods.API),
              new Row("connmark-order", "nat PREROUTING", "connmark-first", "node-a")),
          List.of(
              new Row("neighbour-failed", "eth1", "unreachable-neighbour", "node-a"),
              new Row("pod-mtu", LabPods.API, "wrong-mtu", LabPods.API)),
          List.of(new Row("veth-down", LabPods.API, "veth-down", LabPods.API)));

  private record Audit(int exitCode, List<String> findings, String text) {}

  private static Audit audit(Cluster of, String node) {
    Command.Result result = of.podhopHere("audit", node);
    List<String> findings = new ArrayList<>();
    for (JsonNode one : JsonMapper.shared().readTree(result.out()).path("nodes")) {
      for (JsonNode finding : one.path("findings")) {
        findings.add(finding.path("id").asString() + " " + finding.path("subject").asString());
        assertThat(finding.path("evidence").size()).as("%s", finding).isPositive();
      }
    }
    return new Audit(result.exitCode(), findings, result.toString());
  }

  private static void awaitClean(Cluster of, String after) {
    await("node-a is clean again after " + after)
        .atMost(SOON)
        .untilAsserted(
            () -> {
              Audit audit = audit(of, "node-a");
              assertThat(audit.findings()).as(audit.text()).isEmpty();
              assertThat(audit.exitCode()).isZero();
            });
  }

  @Test
  void audit_faultsOfTheLab_eachIsNamedAndGoesWhenHealed() {
    awaitClean(cluster, "start");
    for (List<Row> round : ROUNDS) {
      for (Row row : round) {
        cluster.lab().fault(row.fault());
      }
      round.forEach(AuditIT::provoke);
      List<String> named = round.stream().map(Row::found).toList();
      awaitNamed(cluster, named);
      cluster.lab().clearFaults();
      round.forEach(AuditIT::healed);
      awaitClean(cluster, named.toString());
    }
  }

  /** Each finding by id and subject, or their beginning. */
  private static void awaitNamed(Cluster of, List<String> findings) {
    await("the audit names " + findings)
        .atMost(SOON)
        .untilAsserted(
            () -> {
              Audit audit = audit(of, "node-a");
              for (String finding : findings) {
                assertThat(audit.findings())
                    .as(audit.text())
                    .anyMatch(found -> found.startsWith(finding));
              }
              assertThat(audit.exitCode()).isEqualTo(1);
            });
  }

  /** A neighbour fails only when somebody asks for it. */
  private static void provoke(Row row) {
    if (row.finding().equals("neighbour-failed")) {
      cluster.lab().exec("node-a", "ip", "neigh", "flush", "dev", "eth1");
      cluster.lab().exec(LabPods.API, "ping", "-c", "4", "-W", "1", "192.168.33.21");
    }
  }

  /** A failed entry stays until the neighbour is asked for again. */
  private static void healed(Row row) {
    if (row.finding().equals("neighbour-failed")) {
      cluster.lab().exec(LabPods.API, "ping", "-c", "2", "-W", "1", "192.168.33.21");
    }
  }

  @Test
  void audit_healthyNodes_saysSoWithinEightyColumns() {
    await("both agents answer in time")
        .atMost(SOON)
        .untilAsserted(
            () -> {
              Command.Result all = cluster.podhopHere("audit", "-o", "table");
              assertThat(all.exitCode()).as("%s", all).isZero();
              assertThat(all.out())
                  .contains("node-a: nothing found, ", "node-b: nothing found, ")
                  .contains("2 nodes audited");
              assertThat(all.out().lines()).allMatch(line -> line.length() <= 80);
            });
  }

  @Test
  void audit_addressesOfEnis_areCheckedByIpamdsOwnWord() {
    await("ipamd answers in time")
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(cluster.podhopHere("audit", "node-a", "-o", "table").out())
                    .startsWith("node-a: nothing found, ")
                    .doesNotContain("address-without-eni"));
  }

  @Test
  void audit_unknownNode_isWrongUsage() {
    Command.Result result = cluster.podhop("audit", "node-z", "-o", "table").await();

    assertThat(result.exitCode()).as("%s", result).isEqualTo(2);
    assertThat(result.err()).contains("no node node-z; there is: node-a, node-b");
  }

  @ParameterizedTest
  @EnumSource(
      value = Lab.Backend.class,
      names = {"NFT_CONNMARK_NFT", "LEGACY"})
  void audit_otherBackends_healthyThenWrongOrder(Lab.Backend backend) {
    try (Cluster other = Cluster.start(backend)) {
      awaitClean(other, "start");
      other.lab().fault("connmark-first", "node-a");
      other.lab().fault("forward-drop", "node-a");
      awaitNamed(other, List.of("connmark-order ", "forward-drop "));
      other.lab().clearFaults();
      awaitClean(other, "wrong order");
      other.lab().fault("missing-connmark", "node-a");
      awaitNamed(other, List.of("missing-connmark "));
    }
  }
}
