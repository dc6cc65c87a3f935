package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.e2e.Answer.Trace;
import io.podhop.e2e.Answer.Verdict;
import io.podhop.e2e.Cluster.Run;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Faults that do not depend on the kind of iptables; the others are in {@link TracePathsIT}. */
@ExtendWith(ClusterLogs.class)
class TraceFaultsIT {
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.start(Lab.Backend.NFT_CONNMARK_IPTABLES);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void clearFaults() {
    cluster.lab().clearFaults();
  }

  @Test
  void trace_withoutRule1536_saysWrongEni() {
    cluster.lab().fault("missing-1536", LabPods.API);

    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080", "--timeout", "700ms");

    Verdict verdict = run.answer().verdict();
    assertThat(verdict.id()).as("%s", run).isEqualTo("wrong-eni");
    assertThat(verdict.lastSeen()).isEqualTo("node-a eth0");
    assertThat(verdict.grade()).isEqualTo("proven");
    assertThat(verdict.cause()).contains("eth0").contains("eth1");
    assertThat(run.exitCode()).isEqualTo(1);
    Trace trace = run.answer().trace();
    assertThat(trace.at("node-a eth0", "SYN").seen()).isEqualTo("observed");
    assertThat(trace.at("node-a eth0", "SYN").why())
        .anyMatch(why -> why.source().equals("policy-rule") && why.number() == 32766);
  }

  @Test
  void trace_toClosedPort_saysThePodRefused() {
    cluster.lab().fault("closed-port", LabPods.DB);

    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080");

    Verdict verdict = run.answer().verdict();
    assertThat(verdict.id()).as("%s", run).isEqualTo("refused");
    assertThat(verdict.cause()).contains("RST").contains("shop/db-0").contains("8080");
    assertThat(verdict.grade()).isEqualTo("proven");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.answer().trace().at("db-0 eth0", "RST").direction()).isEqualTo("reply");
  }

  @Test
  void trace_toPodThatDoesNotAccept_saysNoAnswer() {
    cluster.lab().fault("no-answer", LabPods.DB);

    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080", "--timeout", "700ms");

    Verdict verdict = run.answer().verdict();
    assertThat(verdict.id()).as("%s", run).isEqualTo("no-answer");
    assertThat(verdict.lastSeen()).isEqualTo("db-0 eth0");
    assertThat(verdict.grade()).isEqualTo("proven");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  @Test
  void trace_stoppedByFirewallOfSourceNode_namesRuleBetweenVethAndEni() {
    cluster.lab().fault("node-firewall", "node-a", LabPods.API);

    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080", "--timeout", "700ms");

    Verdict verdict = run.answer().verdict();
    assertThat(verdict.id()).as("%s", run).isEqualTo("firewall-drop");
    assertThat(verdict.cause()).contains("FORWARD").contains("-j DROP");
    assertThat(verdict.lastSeen()).isEqualTo("node-a " + cluster.lab().veth(LabPods.API));
    assertThat(verdict.neverSeen()).isEqualTo("node-a eth1");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  @Test
  void trace_ofManyUnderRandomLoss_accountsForEachConnection() {
    cluster.lab().fault("loss", "30");

    // Longer than the first retransmission timeout of 1 s, so that some come through by it.
    Run run =
        cluster.trace(
            LabPods.API, LabPods.DB, "--port", "8080", "--count", "20", "--timeout", "1200ms");

    assertThat(run.answer().connections()).as("%s", run).isEqualTo(20);
    assertThat(run.answer().traces()).hasSize(20).allSatisfy(TraceFaultsIT::isAccountedFor);
    assertThat(run.answer().traces().stream().map(Trace::traceId)).doesNotHaveDuplicates();
    assertThat(run.answer().traces())
        .as("30 %% loss on 20 connections goes unnoticed once in 10^6 runs")
        .anyMatch(
            trace ->
                !trace.verdict().id().equals("delivered") || !trace.verdict().degraded().isEmpty());
    boolean all = run.answer().delivered() == 20;
    assertThat(run.exitCode()).isEqualTo(all ? 0 : 1);
  }

  private static void isAccountedFor(Trace trace) {
    Verdict verdict = trace.verdict();
    int copies = trace.at("api-5b8d9c7f44-q8w2z eth0", "SYN").copies();
    assertThat(verdict.id()).isIn(Set.of("delivered", "lost-in-vpc"));
    assertThat(trace.retransmits()).isEqualTo(copies - 1);
    if (verdict.id().equals("delivered")) {
      // When the client's ACK is lost, the server sends its SYN-ACK again, which may be lost as
      // well.
      boolean answeredOnce = trace.at("db-0 eth0", "SYN-ACK").copies() == 1;
      if (copies > 1 || answeredOnce) {
        assertThat(verdict.degraded().isEmpty()).as("%s", verdict).isEqualTo(copies == 1);
      }
    } else {
      assertThat(verdict.grade()).isEqualTo("proven");
      assertThat(verdict.lastSeen()).isIn("node-a eth1", "node-b eth1");
    }
  }
}
