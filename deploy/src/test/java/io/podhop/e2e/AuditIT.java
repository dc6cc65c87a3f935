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

  /** Faults of one lab, one after the other: as they are raised, and what the audit calls them. */
  private record Row(String finding, String subject, String... fault) {}

  private static final String NODE = "node node-a";
  private static final List<Row> ROWS =
      List.of(
          new Row("missing-rule-1536", LabPods.API, "missing-1536", LabPods.API),
          new Row("missing-rule-512", LabPods.API, "missing-512", LabPods.API),
          new Row("missing-rule-1024", NODE, "missing-1024", "node-a"),
          new Row("old-rule-1536", LabPods.API, "old-1536", LabPods.API),
          new Row("rp-filter", "eth0", "strict-rp", "node-a"),
          new Row("ip-forward", NODE, "ip-forward-off", "node-a"),
          new Row("missing-host-route", LabPods.API, "no-host-route", LabPods.API),
          new Row(
              "blackhole-route", "192.168.33.0/24", "blackhole-route", "node-a", "192.168.33.0/24"),
          new Row("neighbour-failed", "eth1", "unreachable-neighbour", "node-a"),
          new Row("leaked-rule", "192.168.1.29", "leaked-rule", "node-a", "192.168.1.29"),
          new Row("foreign-rule", "rule 30400", "foreign-rule", "node-a"),
          new Row("wrong-rule-1536", LabPods.CART, "duplicate-rule", LabPods.CART),
          new Row("pod-default-route", LabPods.API, "no-pod-route", LabPods.API),
          new Row("pod-gateway-mac", LabPods.API, "wrong-static-arp", LabPods.API),
          new Row("veth-down", LabPods.API, "veth-down", LabPods.API),
          new Row("pod-mtu", LabPods.API, "wrong-mtu", LabPods.API),
          new Row("forward-drop", "FORWARD", "forward-drop", "node-a"),
          new Row("missing-connmark", "AWS-CONNMARK-CHAIN-0", "missing-connmark", "node-a"),
          new Row("connmark-order", "nat PREROUTING", "connmark-first", "node-a"));

  private record Audit(int exitCode, List<String> findings, String text) {}

  private static Audit audit(Cluster of, String node) {
    Command.Result result = of.podhop("audit", node).await();
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
  void audit_faultsOneAfterTheOther_eachIsNamedAndGoesWhenHealed() {
    awaitClean(cluster, "start");
    for (Row row : ROWS) {
      cluster.lab().fault(row.fault());
      provoke(row);
      await("the audit names " + row.finding())
          .atMost(SOON)
          .untilAsserted(
              () -> {
                Audit audit = audit(cluster, "node-a");
                assertThat(audit.findings())
                    .as(audit.text())
                    .contains(row.finding() + " " + row.subject());
                assertThat(audit.exitCode()).isEqualTo(1);
              });
      cluster.lab().clearFaults();
      healed(row);
      awaitClean(cluster, row.finding());
    }
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
    Command.Result all = cluster.podhop("audit", "-o", "table").await();

    assertThat(all.exitCode()).as("%s", all).isZero();
    assertThat(all.out())
        .contains("node-a: nothing found, ", "node-b: nothing found, ", "2 nodes audited");
    assertThat(all.out().lines()).allMatch(line -> line.length() <= 80);
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
      for (String fault : List.of("connmark-first", "missing-connmark", "forward-drop")) {
        other.lab().fault(fault, "node-a");
        String id = fault.equals("connmark-first") ? "connmark-order" : fault;
        Audit audit = audit(other, "node-a");
        assertThat(audit.findings()).as(audit.text()).anyMatch(it -> it.startsWith(id + " "));
        assertThat(audit.exitCode()).isEqualTo(1);
        other.lab().clearFaults();
        awaitClean(other, fault);
      }
    }
  }
}
