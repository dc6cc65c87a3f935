package io.podhop.agent.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.correlate.NodePart;
import io.podhop.agent.correlate.Reading;
import io.podhop.model.AuditReport;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is empty because nobody gathered it must not be taken for what the node has. */
class AbsentInputTest {
  private final AuditedNode node = new AuditedNode();

  private AuditReport audit(NodePart absent) {
    return Audit.of(node.view().with(new Reading(Instant.EPOCH, Set.of(absent))));
  }

  @ParameterizedTest
  @CsvSource({
    "RULES, missing-rule-512, policy rules were not read",
    "ROUTES, missing-host-route, routes were not read",
    "NEIGHBOURS, neighbour-failed, neighbours were not read",
    "NEIGHBOURS, neighbour-table-full, neighbours were not read",
    "IPTABLES, missing-snat, iptables rules were not read",
    "IPTABLES_LEGACY, both-backends, one backend of iptables",
    "IPTABLES_NFT, other-backend, one backend of iptables",
    "NFTABLES, missing-connmark, nftables were not read",
    "NFTABLES, missing-vpc-cidr, nftables were not read",
  })
  void audit_absentInput_isUncheckedAndNoFinding(NodePart absent, String check, String why) {
    empty(absent);

    AuditReport report = audit(absent);

    assertThat(report.findings()).isEmpty();
    assertThat(report.unchecked()).anyMatch(line -> line.contains(check) && line.contains(why));
    assertThat(report.checked()).isNotEmpty();
  }

  private void empty(NodePart absent) {
    switch (absent) {
      case RULES -> node.rules.clear();
      case ROUTES -> node.routes.clear();
      case NEIGHBOURS -> node.neighbours.clear();
      case IPTABLES -> node.nat.clear();
      case NFTABLES -> withoutMarks();
      case RULES6, ROUTES6, IP6TABLES, IPTABLES_LEGACY, IPTABLES_NFT -> {}
    }
  }

  /** As VPC CNI 1.23 leaves iptables, which marks in nftables. */
  private void withoutMarks() {
    node.nat.removeIf(line -> line.contains("CONNMARK") && !line.contains("primary ENI"));
  }

  @Test
  void audit_nftablesAbsentWhereIptablesMark_checksTheMarks() {
    assertThat(audit(NodePart.NFTABLES).unchecked()).isEmpty();

    AuditedNode.remove(node.nat, "-A AWS-CONNMARK-CHAIN-0 -m comment");

    assertThat(AuditedNode.ids(audit(NodePart.NFTABLES))).contains("missing-connmark");
  }

  @Test
  void audit_oneBackendWithoutRulesOfTheCni_missesNothing() {
    node.nat.removeIf(line -> line.contains("AWS"));

    AuditReport report = audit(NodePart.IPTABLES_LEGACY);

    assertThat(AuditedNode.ids(report)).doesNotContain("missing-snat", "missing-connmark");
    assertThat(report.unchecked()).anyMatch(line -> line.contains("it has no rule of the CNI"));
  }

  @Test
  void remarks_manyGaps_areCounted() {
    Remarks remarks = new Remarks("x");
    List.of("a", "b", "c", "d", "e").forEach(remarks::gap);

    assertThat(remarks.unchecked()).containsExactly("a", "b", "c", "2 more of such gaps");
  }
}
