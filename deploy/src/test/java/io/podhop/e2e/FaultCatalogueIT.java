package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.e2e.Answer.Verdict;
import io.podhop.e2e.Cluster.Run;
import io.podhop.e2e.FaultRow.Expected;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fault of the catalogue, raised, traced and healed in turn in one lab for each kind of
 * iptables: the verdict names it, and afterwards a healthy connection is delivered again.
 */
@ParameterizedClass
@EnumSource(names = {"NFT_CONNMARK_NFT", "LEGACY"})
@ExtendWith(ClusterLogs.class)
class FaultCatalogueIT {
  private static final Pattern VETH_OF = Pattern.compile("\\{([^}]+)}");

  /** Exit codes of a question that names what nobody knows yet, or that an agent was late for. */
  private static final Set<Integer> NOT_YET = Set.of(2, 3);

  private static final List<String> LATE =
      List.of("nothing came from an agent on", "the way was not predicted");

  private static Cluster cluster;

  @Parameter Lab.Backend backend;

  @BeforeParameterizedClassInvocation
  static void start(Lab.Backend backend) {
    cluster = Cluster.start(backend);
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    cluster.close();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.podhop.e2e.FaultRows#all")
  void trace_underFault_namesIt(FaultRow row) {
    cluster.lab().fault(row.fault().toArray(String[]::new));
    try {
      verify(row.expected(), row.watches() ? watch(row) : trace(row));
    } finally {
      cluster.lab().clearFaults();
    }
    healed(row);
  }

  /** Who does not watch proves nothing: it may have been lost in the VPC, or have arrived. */
  @Test
  void trace_withoutAgentOfDestination_isUnproven() {
    FaultRow row =
        FaultRow.of("nobody watches on node-b", "sg-drop", LabPods.API, LabPods.DB)
            .trace(LabPods.API, LabPods.DB, "--port", "8080")
            .between("node-a eth1", "")
            .cause("lost in the VPC or on node-b, where nobody watches")
            .cited("nothing came from an agent on node-b")
            .unproven()
            .gives("lost-in-vpc");
    cluster.killAgent("node-b");
    try {
      await("the collector has noticed")
          .atMost(Duration.ofSeconds(10))
          .until(() -> cluster.connectedNodes().equals(List.of("node-a")));
      cluster.lab().fault(row.fault().toArray(String[]::new));
      verify(row.expected(), cluster.traceHere(row.trace().toArray(String[]::new)));
    } finally {
      cluster.lab().clearFaults();
      cluster.startAgent("node-b");
      cluster.awaitAgents();
    }
    healed(row);
  }

  /** What an agent tells of a new pod may come a moment later: until then nobody knows its name. */
  private static Run trace(FaultRow row) {
    String[] words = row.trace().toArray(String[]::new);
    AtomicReference<Run> last = new AtomicReference<>();
    await("somebody knows both ends")
        .atMost(Duration.ofSeconds(15))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              last.set(cluster.traceHere(words));
              return !isLate(last.get());
            });
    return last.get();
  }

  /** An agent that a loaded machine keeps from answering in time is asked again. */
  private static boolean isLate(Run run) {
    Verdict verdict = run.answer().verdict();
    return NOT_YET.contains(run.exitCode())
        || verdict != null
            && verdict.evidence().stream()
                .anyMatch(line -> LATE.stream().anyMatch(line::startsWith));
  }

  /** Traffic is made again and again until the watch has seen what it waits for. */
  private static Run watch(FaultRow row) {
    List<String> words = new ArrayList<>(row.trace());
    words.add("--watch");
    Command watch = cluster.podhop("trace", words.toArray(String[]::new));
    await("the watch ends")
        .atMost(Duration.ofSeconds(25))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              cluster.lab().exec(row.source(), row.traffic().toArray(String[]::new));
              return !watch.isRunning();
            });
    return Run.of(watch.await());
  }

  private static void verify(Expected expected, Run run) {
    Verdict verdict = run.answer().verdict();
    assertThat(verdict).as("%s", run).isNotNull();
    assertThat(verdict.id()).as("%s", run).isEqualTo(expected.id());
    if (!expected.lastSeen().isEmpty()) {
      assertThat(verdict.lastSeen()).as("%s", run).isEqualTo(label(expected.lastSeen()));
    }
    if (!expected.neverSeen().isEmpty()) {
      assertThat(verdict.neverSeen()).as("%s", run).isEqualTo(label(expected.neverSeen()));
    }
    if (!expected.direction().isEmpty()) {
      assertThat(verdict.direction()).as("%s", run).isEqualTo(expected.direction());
    }
    says(run, verdict.cause(), expected.cause());
    says(run, String.join("\n", verdict.evidence()), expected.cited());
    says(run, String.join("\n", verdict.degraded()), expected.degraded());
    assertThat(verdict.grade()).as("%s", run).isEqualTo(expected.grade());
    boolean all = run.answer().delivered() == run.answer().connections();
    assertThat(run.exitCode())
        .as("%s", run)
        .isEqualTo(expected.id().equals("delivered") && all ? 0 : 1);
  }

  private static void says(Run run, String text, List<String> parts) {
    assertThat(parts).as("%s", run).allSatisfy(part -> assertThat(text).contains(part));
  }

  /** The same way without the fault; a neighbour or a route may need a moment to be there again. */
  private static void healed(FaultRow row) {
    await("healed after: " + row)
        .atMost(Duration.ofSeconds(10))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(
            () ->
                cluster
                    .traceHere(LabPods.API, LabPods.DB, "--port", "8080", "--timeout", "1s")
                    .healthy());
  }

  private static String label(String template) {
    return VETH_OF.matcher(template).replaceAll(pod -> cluster.lab().veth(pod.group(1)));
  }
}
