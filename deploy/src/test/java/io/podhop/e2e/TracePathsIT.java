package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.e2e.Answer.Trace;
import io.podhop.e2e.Answer.Translation;
import io.podhop.e2e.Answer.Verdict;
import io.podhop.e2e.Cluster.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way through a node, hop by hop, on each kind of iptables that nodes have. */
@ParameterizedClass
@EnumSource
@ExtendWith(ClusterLogs.class)
class TracePathsIT {
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

  @AfterEach
  void clearFaults() {
    cluster.lab().clearFaults();
  }

  @Test
  void trace_betweenPodsOfOneNode_neverTouchesAnEni() {
    Run run = cluster.trace(LabPods.WEB, LabPods.PAY, "--port", "8080");

    Trace trace = run.healthy();
    String there = tuple(trace, "192.168.1.11", "192.168.1.22:8080");
    String back = "192.168.1.22:8080 > 192.168.1.11:" + trace.client().sourcePort();
    assertThat(trace.way("SYN", "request"))
        .containsExactly(
            "web-7c9f5d8b6-x2x4k eth0 " + there,
            "node-a " + cluster.lab().veth(LabPods.WEB) + " " + there,
            "node-a " + cluster.lab().veth(LabPods.PAY) + " " + there,
            "pay-0 eth0 " + there);
    assertThat(trace.way("SYN-ACK", "reply"))
        .containsExactly(
            "pay-0 eth0 " + back,
            "node-a " + cluster.lab().veth(LabPods.PAY) + " " + back,
            "node-a " + cluster.lab().veth(LabPods.WEB) + " " + back,
            "web-7c9f5d8b6-x2x4k eth0 " + back);
    assertThat(rule(trace, "node-a " + cluster.lab().veth(LabPods.PAY), "SYN"))
        .isEqualTo("512 from all to 192.168.1.22 lookup main");
    assertThat(trace.identity()).isEqualTo("tcp-isn");
    assertThat(trace.translations()).isEmpty();
  }

  @Test
  void trace_betweenSecondaryEnisOfTwoNodes_leavesAndComesByThem() {
    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080");

    Trace trace = run.healthy();
    String there = tuple(trace, "192.168.1.21", "192.168.33.21:8080");
    String back = "192.168.33.21:8080 > 192.168.1.21:" + trace.client().sourcePort();
    assertThat(trace.way("SYN", "request"))
        .containsExactly(
            "api-5b8d9c7f44-q8w2z eth0 " + there,
            "node-a " + cluster.lab().veth(LabPods.API) + " " + there,
            "node-a eth1 " + there,
            "node-b eth1 " + there,
            "node-b " + cluster.lab().veth(LabPods.DB) + " " + there,
            "db-0 eth0 " + there);
    assertThat(trace.way("SYN-ACK", "reply"))
        .containsExactly(
            "db-0 eth0 " + back,
            "node-b " + cluster.lab().veth(LabPods.DB) + " " + back,
            "node-b eth1 " + back,
            "node-a eth1 " + back,
            "node-a " + cluster.lab().veth(LabPods.API) + " " + back,
            "api-5b8d9c7f44-q8w2z eth0 " + back);
    assertThat(rule(trace, "node-a eth1", "SYN")).isEqualTo("1536 from 192.168.1.21 lookup 2");
    assertThat(rule(trace, "node-b eth1", "SYN-ACK")).isEqualTo("1536 from 192.168.33.21 lookup 2");
    assertThat(rule(trace, "node-b " + cluster.lab().veth(LabPods.DB), "SYN"))
        .isEqualTo("512 from all to 192.168.33.21 lookup main");
    assertThat(trace.translations()).isEmpty();
    assertThat(trace.handshakeNs()).isPositive();
    assertThat(trace.retransmits()).isZero();
    assertThat(trace.missingNodes()).isEmpty();
    assertThat(run.answer().nodes()).containsExactlyInAnyOrder("node-a", "node-b");
    assertThat(run.answer().source().eni()).isEqualTo("eth1");
    assertThat(run.answer().destination().label()).isEqualTo(LabPods.DB);
  }

  @Test
  void trace_betweenPrimaryEnisOfTwoNodes_followsTheMainTable() {
    Run run = cluster.trace(LabPods.WEB, LabPods.DNS, "--port", "8080");

    Trace trace = run.healthy();
    assertThat(trace.points("SYN"))
        .containsExactly(
            "web-7c9f5d8b6-x2x4k eth0",
            "node-a " + cluster.lab().veth(LabPods.WEB),
            "node-a eth0",
            "node-b eth0",
            "node-b " + cluster.lab().veth(LabPods.DNS),
            "dns-6f7b8c9d5-t4v6s eth0");
    assertThat(rule(trace, "node-a eth0", "SYN")).isEqualTo("32766 from all lookup main");
  }

  @Test
  void trace_toService_namesChosenEndpointAndItsDnatRule() {
    Run run = cluster.trace("api-5b8d9c7f44-q8w2z", "svc/db", "-n", "shop");

    Trace trace = run.healthy();
    String client = "192.168.1.21:" + trace.client().sourcePort();
    Translation dnat = trace.translations().getFirst();
    String chosen = dnat.after().destination() + ":" + dnat.after().destinationPort();
    String pod = chosen.equals("192.168.33.21:8080") ? "db-0" : "db-1";
    assertThat(chosen).isIn("192.168.33.21:8080", "192.168.33.22:8080");
    assertThat(trace.way("SYN", "request"))
        .containsExactly(
            "api-5b8d9c7f44-q8w2z eth0 " + client + " > 10.100.0.54:5432",
            "node-a " + cluster.lab().veth(LabPods.API) + " " + client + " > 10.100.0.54:5432",
            "node-a eth1 " + client + " > " + chosen,
            "node-b eth1 " + client + " > " + chosen,
            "node-b " + cluster.lab().veth("shop/" + pod) + " " + client + " > " + chosen,
            pod + " eth0 " + client + " > " + chosen);
    assertThat(dnat.kind()).isEqualTo("dnat");
    assertThat(dnat.before()).hasToString(client + " > 10.100.0.54:5432");
    assertThat(dnat.rules())
        .anySatisfy(
            rule -> {
              assertThat(rule.place()).startsWith("nat/KUBE-SEP-");
              assertThat(rule.number()).isEqualTo(2);
              assertThat(rule.text()).contains("--to-destination " + chosen);
            });
    assertThat(dnat.conntrack()).anyMatch(entry -> entry.contains("10.100.0.54"));
    assertThat(trace.at(pod + " eth0", "SYN").owner()).isEqualTo("shop/" + pod);
    assertThat(run.answer().destination().label()).isEqualTo("svc shop/db");
  }

  @Test
  void trace_toInternet_showsSnatWithRuleAndConntrackEntry() {
    Run run = cluster.trace(LabPods.API, LabPods.INTERNET, "--port", "80");

    Trace trace = run.healthy();
    String inside = tuple(trace, "192.168.1.21", "203.0.113.10:80");
    Translation snat = trace.translations().getFirst();
    String outside = "192.168.0.10:" + snat.after().sourcePort() + " > 203.0.113.10:80";
    assertThat(trace.way("SYN", "request"))
        .containsExactly(
            "api-5b8d9c7f44-q8w2z eth0 " + inside,
            "node-a " + cluster.lab().veth(LabPods.API) + " " + inside,
            "node-a eth0 " + outside);
    assertThat(trace.points("SYN-ACK"))
        .containsExactly(
            "node-a eth0",
            "node-a " + cluster.lab().veth(LabPods.API),
            "api-5b8d9c7f44-q8w2z eth0");
    assertThat(snat.kind()).isEqualTo("snat");
    assertThat(snat.before()).hasToString(inside);
    assertThat(snat.after()).hasToString(outside);
    assertThat(snat.rules())
        .anySatisfy(
            rule -> {
              assertThat(rule.place()).isEqualTo("nat/AWS-SNAT-CHAIN-0");
              assertThat(rule.number()).isEqualTo(2);
              assertThat(rule.text()).contains("-j SNAT --to-source 192.168.0.10");
            });
    assertThat(snat.conntrack())
        .anyMatch(entry -> entry.contains("192.168.1.21") && entry.contains("192.168.0.10"));
    assertThat(rule(trace, "node-a eth0", "SYN"))
        .isEqualTo("1024 from all fwmark 0x80/0x80 lookup main");
    assertThat(run.answer().destination().kind()).isEqualTo("external");
  }

  @Test
  void trace_droppedBySecurityGroup_saysWhereItWasLastSeenAndWhereItNeverCame() {
    cluster.lab().fault("sg-drop", LabPods.API, LabPods.DB);

    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080", "--timeout", "700ms");

    Verdict verdict = run.answer().verdict();
    assertThat(verdict.id()).as("%s", run).isEqualTo("lost-in-vpc");
    assertThat(verdict.lastSeen()).isEqualTo("node-a eth1");
    assertThat(verdict.neverSeen()).isEqualTo("node-b eth1");
    assertThat(verdict.direction()).isEqualTo("request");
    assertThat(verdict.grade()).isEqualTo("proven");
    assertThat(verdict.cause()).contains("security group");
    assertThat(run.exitCode()).isEqualTo(1);
    Trace trace = run.answer().trace();
    String there = tuple(trace, "192.168.1.21", "192.168.33.21:8080");
    assertThat(trace.way("SYN", "request"))
        .containsExactly(
            "api-5b8d9c7f44-q8w2z eth0 " + there,
            "node-a " + cluster.lab().veth(LabPods.API) + " " + there,
            "node-a eth1 " + there,
            "node-b eth1 not-seen",
            "node-b " + cluster.lab().veth(LabPods.DB) + " not-seen",
            "db-0 eth0 not-seen");
    assertThat(trace.hops())
        .filteredOn(hop -> hop.seen().equals("not-seen"))
        .allMatch(hop -> hop.coverage() != null && hop.coverage().complete());
  }

  @Test
  void trace_stoppedByNodesFirewall_saysOnWhichNodeAndBetweenWhichInterfaces() {
    cluster.lab().fault("node-firewall", "node-b", LabPods.DB);

    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080", "--timeout", "700ms");

    Verdict verdict = run.answer().verdict();
    assertThat(verdict.id()).as("%s", run).isEqualTo("firewall-drop");
    assertThat(verdict.cause()).contains("FORWARD").contains("-j DROP");
    assertThat(verdict.lastSeen()).isEqualTo("node-b eth1");
    assertThat(verdict.neverSeen()).isEqualTo("node-b " + cluster.lab().veth(LabPods.DB));
    assertThat(verdict.grade()).isEqualTo("proven");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  private static String tuple(Trace trace, String source, String destination) {
    return source + ":" + trace.client().sourcePort() + " > " + destination;
  }

  /** The policy rule by which the packet came to the point, with its priority. */
  private static String rule(Trace trace, String point, String packet) {
    return trace.at(point, packet).why().stream()
        .filter(why -> why.source().equals("policy-rule"))
        .map(why -> why.number() + " " + why.text())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no policy rule at " + trace.at(point, packet)));
  }
}
