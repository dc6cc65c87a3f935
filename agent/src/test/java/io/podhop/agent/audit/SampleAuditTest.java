package io.podhop.agent.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.correlate.Inventory;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.ipam.Samples;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.RuleSetParser;
import io.podhop.agent.nat.Ruleset;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.AuditReport;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules and routes of real nodes: the broken ones have their fault named. */
class SampleAuditTest {
  private static final List<String> KERNELS =
      List.of("0: from all lookup local", "32766: from all lookup main");

  private static AuditReport audit(
      List<String> rules, List<String> routes, String enis, NatSnapshot nat) {
    RouteSnapshot routing = AuditedNode.snapshot(List.of(), List.of(), rules, routes, List.of());
    IpamSnapshot ipam = AuditedNode.ipam(enis);
    return Audit.of(
        new NodeView(Inventory.joinFromOutside("node", ipam, routing, nat), ipam, routing, nat));
  }

  private static AuditReport audit(List<String> rules, List<String> routes) {
    return audit(rules, routes, "", NatSnapshot.of(Ruleset.empty(Backend.NFT)));
  }

  private static List<List<String>> bottlerocket() {
    String[] parts = Samples.text("iprule-iproute-bottlerocket-issue3436.txt").split("\n\n", 2);
    return List.of(AuditedNode.lines(parts[0]), AuditedNode.lines(parts[1]));
  }

  @Test
  void nodeBeforeWipe_onlyTheAddressWhoseRouteWasCutOffIsFound() {
    AuditReport report = audit(bottlerocket().get(0), bottlerocket().get(1));

    assertThat(AuditedNode.heads(report)).containsExactly("warning leaked-rule 10.0.87.240");
    assertThat(report.unchecked()).anyMatch(line -> line.contains("missing-rule-1536"));
  }

  /** The same node with what a restart of systemd-networkd leaves. */
  @Test
  void wipedRules_areNamed() {
    List<String> rules = bottlerocket().get(0);
    rules.removeIf(line -> line.matches("(512|1024|1536):.*"));

    AuditReport report = audit(rules, bottlerocket().get(1));

    assertThat(AuditedNode.heads(report))
        .startsWith("error wiped-rules node node")
        .contains("error missing-rule-512 ?/10.0.80.89", "error missing-rule-512 ?/10.0.84.78");
  }

  @Test
  void missing512_isNamed() {
    List<String> rules = bottlerocket().get(0);
    AuditedNode.remove(rules, "to 10.0.80.109 ");

    assertThat(AuditedNode.heads(audit(rules, bottlerocket().get(1))))
        .contains("error missing-rule-512 ?/10.0.80.109");
  }

  /** Its log tells the three rules that are left, and the pod that ipamd looked for. */
  @Test
  void ruleListOfBrokenNode_pod512IsMissing() {
    String log = Samples.text("ipamd-v1.10-issue1856-rulelist.log");
    assertThat(log)
        .contains("[ip rule -1: from <nil> table 255 ip rule 32766: from <nil> table 254")
        .contains("for source[{10.31.2.78 ffffffff}]");
    List<String> routes =
        List.of("default via 10.31.2.1 dev eth0", "10.31.2.78 dev eni0123456789a scope link");

    assertThat(AuditedNode.heads(audit(KERNELS, routes)))
        .containsExactly("error missing-rule-512 ?/10.31.2.78");
  }

  @Test
  void leakedRules_areNamed() {
    List<String> rules = new ArrayList<>(KERNELS);
    rules.addAll(AuditedNode.lines(Samples.text("iprule-leaked-issue2048.txt")));

    AuditReport report = audit(rules, List.of("default via 10.109.167.1 dev eth0"));

    assertThat(AuditedNode.heads(report)).contains("warning leaked-rule 10.109.167.233");
  }

  @Test
  void detachedRule_isNamed() {
    List<String> rules = AuditedNode.lines(Samples.text("iprule-sgp-leaked-detached-pr1376.txt"));
    rules.add("32766: from all lookup main");

    AuditReport report = audit(rules, List.of("default via 10.0.0.1 dev eth0"));

    assertThat(report.findings())
        .filteredOn(finding -> finding.id().equals("detached-rule"))
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.evidence().getFirst().text()).contains("vlanaad671050aa"));
    assertThat(AuditedNode.ids(report)).doesNotContain("foreign-rule", "missing-kernel-rule");
  }

  /** A node of 33 pods: nothing of its rules and routes is wrong. */
  @Test
  void healthyNodeOfThreeEnis_rulesAndRoutesAreRight() {
    for (String rules : List.of("false", "true")) {
      AuditReport report =
          audit(
              AuditedNode.lines(Samples.text("iprule-3eni-externalsnat-" + rules + "-liarlee.txt")),
              AuditedNode.lines(Samples.text("iproute-main-table2-table3-3eni-liarlee.txt")));

      assertThat(AuditedNode.heads(report)).isEmpty();
    }
  }

  @Test
  void duplicateJump_isNamed() {
    NatSnapshot nat =
        NatSnapshot.of(
            RuleSetParser.parse(
                Backend.LEGACY,
                "nat",
                Samples.text("iptables-S-snatchains-v1.3to1.5-dupjump-id17347694537.txt")));

    AuditReport report = audit(KERNELS, List.of("default via 192.168.193.1 dev eth0"), "", nat);

    assertThat(AuditedNode.heads(report)).contains("warning duplicate-jump POSTROUTING");
  }
}
