package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.e2e.Cluster.Run;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What cannot be traced is said in one sentence, at once. The cluster loses its agents on the way,
 * hence the order.
 */
@ExtendWith(ClusterLogs.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TraceRefusalsIT {
  /** What people are promised, on a machine that has nothing else to do. */
  private static final Duration PROMISED = Duration.ofSeconds(2);

  private static Cluster cluster;

  /**
   * The promise, and what this machine takes just now for two commands that the collector answers
   * from memory: the tests share it with whatever else is built and run there.
   */
  private static Duration atOnce;

  @BeforeAll
  static void start() {
    cluster = Cluster.start(Lab.Backend.NFT_CONNMARK_IPTABLES);
    Duration usual = cluster.podhop("nodes").await().elapsed();
    atOnce = PROMISED.plus(usual.multipliedBy(2));
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  @Order(1)
  void trace_fromUnknownPod_namesItAndWhatComesNear() {
    Run run = cluster.trace("shop/cart-9", LabPods.DB);

    refused(run, 2, "usage");
    assertThat(run.answer().error()).contains("shop/cart-9").contains("shop/cart-0");
  }

  @Test
  @Order(1)
  void trace_toUnknownPod_namesIt() {
    Run run = cluster.trace(LabPods.API, "shop/db-7");

    refused(run, 2, "usage");
    assertThat(run.answer().error()).contains("shop/db-7").contains("shop/db-0");
  }

  @Test
  @Order(1)
  void trace_withWrongOption_isUsageError() {
    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "70000");

    refused(run, 2, "usage");
    assertThat(run.answer().error()).contains("70000");
  }

  @Test
  @Order(2)
  void trace_ofNameThatTwoNamespacesHave_asksWhichOne() {
    cluster.lab().addPod("node-a", "infra/cart-0");
    cluster.awaitPod("infra/cart-0");

    Run run = cluster.trace("cart-0", LabPods.DB);

    refused(run, 2, "usage");
    assertThat(run.answer().error()).contains("shop/cart-0").contains("infra/cart-0");
  }

  @Test
  @Order(3)
  void trace_withoutCollector_saysWhereItLooked() {
    String nowhere = "127.0.0.1:" + Ports.free();

    Run run = cluster.trace(LabPods.API, LabPods.DB, "--collector", nowhere);

    refused(run, 3, "unavailable");
    assertThat(run.answer().error()).contains(nowhere).contains("podhop collector");
  }

  @Test
  @Order(4)
  void trace_toPodOfDeadAgent_saysWhichNodeIsNotWatched() {
    cluster.killAgent("node-b");

    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080");

    run.delivered();
    assertThat(run.result().elapsed()).isLessThan(atOnce);
    assertThat(run.answer().nodes()).containsExactly("node-a");
    assertThat(run.answer().warnings()).anyMatch(w -> w.contains("nobody watches on node-b"));
    assertThat(run.answer().trace().missingNodes()).containsExactly("node-b");
    assertThat(run.answer().trace().points("SYN")).last().isEqualTo("node-a eth1");
  }

  @Test
  @Order(5)
  void trace_fromPodOfDeadAgent_saysWhichAgentToLookAt() {
    cluster.killAgent("node-a");

    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080");

    refused(run, 3, "not-observable");
    assertThat(run.answer().error()).contains("node-a").contains("agent");
  }

  private static void refused(Run run, int exitCode, String reason) {
    assertThat(run.answer().error()).as("%s", run).isNotBlank();
    assertThat(run.answer().reason()).as("%s", run).isEqualTo(reason);
    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertThat(run.result().elapsed()).isLessThan(atOnce);
    assertThat(run.result().err()).doesNotContain("Exception");
  }
}
