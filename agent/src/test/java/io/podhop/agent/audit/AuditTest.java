package io.podhop.agent.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.nat.Backend;
import io.podhop.model.AuditReport;
import io.podhop.model.Finding;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AuditTest {
  private static final String NATIVE =
      """
      table ip aws-cni {
        chain snat-mark {
          counter packets 0 bytes 0 ip daddr 10.1.0.0/16 return
          counter packets 0 bytes 0 ct mark set ct mark | 0x00000080
        }
        chain nat-prerouting {
          type nat hook prerouting priority dstnat + 10; policy accept;
          fib daddr type local return
          iifname "eni*" counter packets 0 bytes 0 jump snat-mark
          counter packets 0 bytes 0 meta mark set ct mark & 0x00000080
        }
      }
      """;

  private final AuditedNode node = new AuditedNode();

  @Test
  void audit_healthyNode_findsNothingAndChecksAll() {
    AuditReport report = node.audit();

    assertThat(AuditedNode.heads(report)).isEmpty();
    assertThat(report.unchecked()).isEmpty();
    assertThat(report.checked()).hasSizeGreaterThan(30).doesNotHaveDuplicates();
    assertThat(report.node()).isEqualTo("node-a");
  }

  @Test
  void audit_connmarkInNftables_findsNothing() {
    native23();

    assertThat(node.heads()).isEmpty();
  }

  private void native23() {
    node.nat.removeIf(line -> line.contains("CONNMARK") && !line.contains("primary ENI"));
    node.nativeTable = NATIVE;
  }

  private static Arguments fault(Consumer<AuditedNode> change, String... heads) {
    return Arguments.of(change, List.of(heads));
  }

  private static void sysctl(AuditedNode node, String key, String value) {
    node.sysctls.put(key, value);
  }

  static Stream<Arguments> faults() {
    return Stream.of(
            podRules(),
            nodeRules(),
            podRoutes(),
            otherRoutes(),
            iptables(),
            insides(),
            parameters())
        .flatMap(faults -> faults);
  }

  private static Stream<Arguments> podRules() {
    return Stream.of(
        fault(
            n -> AuditedNode.remove(n.rules, "512: from all to 10.1.1.21"),
            "error missing-rule-512 shop/api-0"),
        fault(n -> AuditedNode.remove(n.rules, "1024:"), "error missing-rule-1024 node node-a"),
        fault(
            n -> AuditedNode.remove(n.rules, "1536: from 10.1.1.21"),
            "error missing-rule-1536 shop/api-0"),
        fault(
            n ->
                AuditedNode.change(
                    n.rules, "10.1.1.21 lookup 2", "10.1.1.21 to 10.1.0.0/16 lookup 2"),
            "error old-rule-1536 shop/api-0"),
        fault(
            n -> AuditedNode.change(n.rules, "10.1.1.21 lookup 2", "10.1.1.21 lookup 3"),
            "error wrong-rule-1536 shop/api-0",
            "error missing-eni-route table 3"),
        fault(
            n -> n.rules.add("1536: from 10.1.1.11 lookup 2"), "error wrong-rule-1536 shop/web-0"),
        fault(
            n -> n.rules.add("512: from all to 10.1.1.13 lookup main"),
            "warning leaked-rule 10.1.1.13"));
  }

  private static Stream<Arguments> nodeRules() {
    return Stream.of(
        fault(
            n -> n.rules.add("1536: from 10.1.1.21 lookup 3"),
            "error duplicate-rule shop/api-0",
            "error missing-eni-route table 3"),
        fault(
            n -> n.rules.add("30400: from 10.1.0.20 lookup 30400"),
            "warning foreign-rule rule 30400"),
        fault(
            n -> n.rules.add("10: from all iif vlanaad671050aa [detached] lookup 101"),
            "warning detached-rule rule 10",
            "warning local-rule-first rule 0",
            "error missing-eni-route table 101"),
        fault(n -> AuditedNode.remove(n.rules, "32765:"), "warning missing-rule-32765 eth1"),
        fault(n -> AuditedNode.remove(n.rules, "32766:"), "error missing-kernel-rule node node-a"));
  }

  private static Stream<Arguments> podRoutes() {
    String veth = AuditedNode.veth(AuditedNode.API);
    return Stream.of(
        fault(n -> AuditedNode.remove(n.routes, veth), "error missing-host-route shop/api-0"),
        fault(
            n -> AuditedNode.change(n.routes, veth, AuditedNode.veth(AuditedNode.PAY)),
            "error wrong-host-route shop/api-0"),
        fault(
            n -> n.routes.add("10.1.1.13 dev eni0123456789a scope link"),
            "warning leaked-host-route 10.1.1.13"),
        fault(
            n -> AuditedNode.remove(n.routes, "default via 10.1.0.1 dev eth1"),
            "error missing-eni-route table 2"),
        fault(
            n ->
                AuditedNode.change(
                    n.routes, "1 dev eth1 table 2 scope", "9 dev eth1 table 2 scope"),
            "warning missing-eni-route table 2"),
        fault(
            n ->
                AuditedNode.change(
                    n.routes, "default via 10.1.0.1 dev eth1", "default via 10.1.0.1 dev eth0"),
            "error wrong-eni-route table 2"));
  }

  private static Stream<Arguments> otherRoutes() {
    return Stream.of(
        fault(n -> n.routes.add("blackhole 10.1.1.21"), "error blackhole-route 10.1.1.21/32"),
        fault(
            n -> n.routes.add("blackhole 172.31.5.0/24"), "warning blackhole-route 172.31.5.0/24"),
        fault(
            n -> n.enis = n.enis.replace("10.1.1.22", "10.1.1.99"),
            "error address-without-eni shop/pay-0"));
  }

  private static Stream<Arguments> iptables() {
    return Stream.of(
        fault(
            n -> AuditedNode.remove(n.nat, "AWS SNAT CHAIN\" -j AWS-SNAT"),
            "error missing-snat AWS-SNAT-CHAIN-0"),
        fault(
            n -> AuditedNode.change(n.nat, "10.1.0.10 --random", "10.1.0.99 --random"),
            "error wrong-snat-address AWS-SNAT-CHAIN-0"),
        fault(
            n -> AuditedNode.remove(n.nat, "-i eni+ -m comment --comment \"AWS, outbound"),
            "error missing-connmark AWS-CONNMARK-CHAIN-0"),
        fault(
            n -> AuditedNode.remove(n.nat, "-i eni+ -m comment --comment \"AWS, primary"),
            "error missing-connmark mangle PREROUTING"),
        fault(
            n -> AuditedNode.remove(n.nat, "-A PREROUTING -m comment --comment \"AWS, CONNMARK"),
            "error missing-connmark nat PREROUTING"),
        fault(
            n -> AuditedNode.remove(n.nat, "-i eth0 -m comment"),
            "error missing-connmark mangle PREROUTING"),
        fault(n -> Collections.swap(n.nat, 5, 6), "error connmark-order nat PREROUTING"),
        fault(
            n -> AuditedNode.remove(n.nat, "AWS SNAT CHAIN\" -j RETURN"),
            "error missing-vpc-cidr AWS-SNAT-CHAIN-0",
            "error missing-vpc-cidr AWS-SNAT-CHAIN-0"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void audit_oneFault_isNamedAndNothingElse(Consumer<AuditedNode> change, List<String> heads) {
    change.accept(node);
    AuditReport report = node.audit();

    assertThat(AuditedNode.heads(report)).containsExactlyInAnyOrderElementsOf(heads);
    assertThat(report.findings())
        .allSatisfy(
            finding -> {
              assertThat(finding.evidence()).isNotEmpty();
              assertThat(finding.sentence()).isNotBlank();
              assertThat(finding.advice()).isNotBlank();
            })
        .isSortedAccordingTo((a, b) -> a.severity().compareTo(b.severity()));
  }

  private static Stream<Arguments> insides() {
    String veth = AuditedNode.veth(AuditedNode.API);
    return Stream.of(
        fault(
            n -> {
              n.insideRoutes.put(
                  AuditedNode.API, AuditedNode.lines("169.254.1.1 dev eth0 scope link"));
            },
            "error pod-default-route shop/api-0"),
        fault(
            n -> n.insideMacs.put(AuditedNode.API, "02:00:00:00:09:09"),
            "error pod-gateway-mac shop/api-0"),
        fault(n -> n.insideMtus.put(AuditedNode.API, 1400), "error pod-mtu shop/api-0"),
        fault(
            n -> n.links.put("eth1", AuditedNode.changed(n.links.get("eth1"), 1500, true)),
            "warning pod-mtu shop/api-0",
            "warning pod-mtu shop/pay-0"),
        fault(
            n -> n.links.put(veth, AuditedNode.changed(n.links.get(veth), 9001, false)),
            "error veth-down shop/api-0"),
        fault(
            n -> n.links.put("eth1", AuditedNode.changed(n.links.get("eth1"), 9001, false)),
            "error eni-down eth1"));
  }

  private static Stream<Arguments> parameters() {
    return Stream.of(
        fault(n -> sysctl(n, "net.ipv4.ip_forward", "0"), "error ip-forward node node-a"),
        fault(n -> sysctl(n, "net.ipv4.conf.eth0.rp_filter", "1"), "error rp-filter eth0"),
        fault(
            n -> AuditedNode.change(n.nat, ":FORWARD ACCEPT", ":FORWARD DROP"),
            "error forward-drop FORWARD"),
        fault(
            n -> sysctl(n, "net.netfilter.nf_conntrack_count", "131072"),
            "error conntrack-full conntrack"),
        fault(
            n -> sysctl(n, "net.netfilter.nf_conntrack_count", "110000"),
            "warning conntrack-full conntrack"),
        fault(
            n -> sysctl(n, "net.ipv4.neigh.default.gc_thresh3", "1"),
            "error neighbour-table-full neighbours"),
        fault(
            n -> AuditedNode.change(n.neighbours, "lladdr 02:00:00:00:00:01 REACHABLE", " FAILED"),
            "error neighbour-failed eth1"),
        fault(
            n -> n.neighbours.add("10.1.7.9 dev eth0 lladdr 02:00:00:00:00:07 PERMANENT"),
            "warning static-neighbour 10.1.7.9"));
  }

  @Test
  void audit_strictOnAllButLooseOnPrimary_isLoose() {
    node.sysctls.put("net.ipv4.conf.all.rp_filter", "1");

    assertThat(node.heads()).isEmpty();
  }

  @Test
  void audit_forwardDropWithAcceptingRule_findsNothing() {
    AuditedNode.change(node.nat, ":FORWARD ACCEPT", ":FORWARD DROP");
    node.nat.add(node.nat.size() - 1, "-A FORWARD -i eni+ -j ACCEPT");

    assertThat(node.heads()).isEmpty();
  }

  @Test
  void audit_nftConnmarkBeforeKubeProxy_isNamed() {
    native23();
    node.nativeTable = NATIVE.replace("dstnat + 10", "dstnat - 10");

    assertThat(node.heads()).containsExactly("error connmark-order nat-prerouting");
  }

  @Test
  void audit_allPodRulesGone_saysSoFirst() {
    node.rules.removeIf(line -> line.startsWith("512:") || line.startsWith("1536:"));

    List<String> heads = node.heads();

    assertThat(heads).first().isEqualTo("error wiped-rules node node-a");
    assertThat(heads)
        .contains("error missing-rule-512 shop/web-0", "error missing-rule-1536 shop/pay-0");
  }

  @Test
  void audit_rulesOfBothInOneBackend_otherBackendIsNot() {
    node.backend = Backend.LEGACY;

    assertThat(node.heads()).isEmpty();
  }

  @Test
  void audit_withoutInputs_saysWhatIsUncheckedAndFindsNothing() {
    node.rules.clear();
    node.routes.clear();
    node.nat.clear();
    node.sysctls.clear();
    node.links.clear();
    node.neighbours.clear();
    node.withIntrospection = false;
    node.withInsides = false;

    AuditReport report = node.audit();

    assertThat(report.findings()).isEmpty();
    assertThat(report.checked()).containsExactly("duplicate-address");
    assertThat(report.unchecked())
        .anyMatch(line -> line.contains("missing-rule-512") && line.contains("policy rules"))
        .anyMatch(line -> line.contains("pod-gateway-mac") && line.contains("namespace"))
        .anyMatch(line -> line.startsWith("ip-forward: net.ipv4.ip_forward was not read"))
        .anyMatch(line -> line.contains("connmark-order") && line.contains("iptables"));
  }

  @Test
  void audit_withoutIntrospection_leavesRule1536OpenInsteadOfFine() {
    node.withIntrospection = false;
    AuditedNode.remove(node.rules, "1536: from 10.1.1.21");

    AuditReport report = node.audit();

    assertThat(AuditedNode.ids(report)).doesNotContain("missing-rule-1536");
    assertThat(report.unchecked())
        .anyMatch(line -> line.startsWith("missing-rule-1536: which ENI has 10.1.1.21"));
  }

  @Test
  void remarks_moreThanTheBound_saysHowManyMore() {
    Remarks remarks = new Remarks("x");
    for (int i = 0; i < Remarks.MAX_FINDINGS + 7; i++) {
      remarks.warning("s" + i, "is", "do", List.of());
    }

    assertThat(remarks.findings()).hasSize(Remarks.MAX_FINDINGS);
    assertThat(remarks.unchecked()).singleElement().asString().contains(", 7 more exist");
  }

  @Test
  void audit_evidence_quotesRulesAndRoutes() {
    AuditedNode.remove(node.rules, "1536: from 10.1.1.21");

    Finding finding = node.audit().findings().getFirst();

    assertThat(finding.evidence().stream().map(Object::toString))
        .contains(
            "/v1/enis: eni-0b has 10.1.1.21, device 1",
            "rule 32766 from all lookup main",
            "table main: default via 10.1.0.1 dev eth0 proto dhcp src 10.1.0.10 metric 512");
  }
}
