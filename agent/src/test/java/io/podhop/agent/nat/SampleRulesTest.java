package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.ipam.Samples;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import io.podhop.model.ServicePort;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleRulesTest {
  private static final String EXPECTATIONS =
      """
      iptables-S-filter-nfacct-al2023-sirzzang-week1.txt | filter | 15 | 11 | 0 | 0 | ''
      iptables-S-filter-trunk-strict-v1.18-anngdinh.txt | filter | 15 | 11 | 0 | 0 | ''
      iptables-S-mangle-primaryENI-v1.21-sirzzang.txt | mangle | 3 | 1 | 0 | 0 | ''
      iptables-S-nat-3eni-v1.18x-anngdinh.txt | nat | 43 | 24 | 4 | 8 | 172.31.0.0/16 to 172.31.23.106
      iptables-S-nat-trunk-strict-v1.18-anngdinh.txt | nat | 50 | 27 | 5 | 10 | 172.31.0.0/16 to 172.31.0.225
      iptables-S-nat-v1.12era-al2-eksami2023.txt | nat | 37 | 24 | 3 | 6 | 192.168.0.0/16 to 192.168.1.69
      iptables-S-nat-v1.21-al2023-sirzzang-week1.txt | nat | 47 | 26 | 5 | 9 | 192.168.0.0/16 to 192.168.2.21
      iptables-S-nat-v1.21.1-al2023-sirzzang-week2.txt | nat | 26 | 26 | 5 | 2 | 192.168.0.0/16 to 192.168.4.12
      iptables-S-nat-v1.21.1-al2023-solidcellaMoon.txt | nat | 47 | 26 | 5 | 9 | 192.168.0.0/16 to 192.168.6.121
      iptables-S-snatchains-v1.3to1.5-dupjump-id17347694537.txt | nat | 4 | 3 | 0 | 0 | 192.168.192.0/22 to 192.168.193.194
      iptables-S-snatchains-v1.5era-random-blog2020.txt | nat | 2 | 2 | 0 | 0 | 172.31.0.0/16 to 172.31.22.247
      iptables-prerouting-antrea-chain-v1.11-pr3975.txt | nat | 7 | 3 | 0 | 0 | ''
      """;

  @Test
  void samples_allOfThisKind_haveExpectations() throws IOException {
    Samples.assertAllKnown(
        Pattern.compile("iptables-(S|prerouting)-.*"),
        EXPECTATIONS
            .lines()
            .map(line -> line.substring(0, line.indexOf(' ')))
            .collect(Collectors.toSet()));
    Samples.assertAllKnown(
        Pattern.compile("conntrack-.*"),
        Set.of(
            "conntrack-hostflow-randomised-id43531890802.txt",
            "conntrack-nodeport-procformat-cilium12098.txt"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = EXPECTATIONS)
  void parse_sample_everyRuleAndConditionUnderstood(
      String name,
      String table,
      int rules,
      int chains,
      int services,
      int endpoints,
      String vpcAndSnat) {
    String text = Samples.text(name);
    Ruleset ruleset = RuleSetParser.parse(Backend.NFT, table, text);
    NatSnapshot snapshot = NatSnapshot.of(ruleset);

    assertThat(ruleset.unparsed()).isEmpty();
    assertThat(ruleset.rules()).hasSize(rules);
    assertThat(text.lines().filter(line -> line.startsWith("-A"))).hasSize(rules);
    assertThat(ruleset.chains(table)).hasSize(chains);
    assertThat(ruleset.rules().flatMap(rule -> rule.matches().stream()))
        .noneMatch(Match.UnknownMatch.class::isInstance);
    assertThat(ruleset.rules()).noneMatch(rule -> rule.target() instanceof Target.Other);
    List<ServicePort> found = KubeServices.of(snapshot);
    assertThat(found).hasSize(services);
    assertThat(found.stream().mapToInt(service -> service.endpoints().size()).sum())
        .isEqualTo(endpoints);
    Stream<String> ranges = KubeServices.vpcCidrs(snapshot).stream().map(Object::toString);
    Stream<String> address = KubeServices.snatAddress(snapshot).stream().map(Object::toString);
    assertThat(Stream.concat(ranges, address).collect(Collectors.joining(" to ")))
        .isEqualTo(vpcAndSnat);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = EXPECTATIONS)
  void evaluate_sample_vpcInternetAndServiceToldForCertain(
      String name,
      String table,
      int rules,
      int chains,
      int services,
      int endpoints,
      String vpcAndSnat) {
    NatSnapshot node = NatSnapshot.of(RuleSetParser.parse(Backend.NFT, table, Samples.text(name)));
    if (name.contains("antrea")) {
      assertThat(
              NatEvaluator.prerouting(node, pod(Protocol.TCP, "10.0.0.77", "10.9.9.9", 443))
                  .outcome())
          .as("cut before the chains that it jumps to")
          .isInstanceOf(NatPrediction.CannotTell.class);
      return;
    }
    Optional<IpAddress> own = KubeServices.snatAddress(node);
    boolean called = node.nft().chain("nat", "POSTROUTING").isPresent();
    String pod =
        own.map(address -> address.toString().replaceFirst("\\d+$", "77")).orElse("10.0.0.77");

    assertThat(outcome(node, pod, "203.0.113.10", 443, own))
        .isEqualTo(
            own.isPresent() && called
                ? new NatPrediction.Snat(own.get())
                : new NatPrediction.NoNat());
    KubeServices.vpcCidrs(node)
        .forEach(
            vpc -> {
              String inside = vpc.address().toString().replaceFirst("\\d+$", "9");
              assertThat(outcome(node, pod, inside, 443, own)).isEqualTo(new NatPrediction.NoNat());
            });
    for (ServicePort service : KubeServices.of(node)) {
      assertLeadsToItsEndpoints(node, pod, service);
    }
  }

  private static void assertLeadsToItsEndpoints(NatSnapshot node, String pod, ServicePort service) {
    NatPrediction.Outcome first =
        NatEvaluator.prerouting(
                node, pod(service.protocol(), pod, service.clusterIp().toString(), service.port()))
            .outcome();
    assertThat(found(first)).containsExactlyInAnyOrderElementsOf(service.endpoints());
  }

  private static List<ServicePort.Backend> found(NatPrediction.Outcome outcome) {
    return outcome instanceof NatPrediction.Dnat dnat
        ? dnat.candidates().stream()
            .map(to -> new ServicePort.Backend(to.address(), to.port()))
            .toList()
        : List.of();
  }

  private static NatQuery pod(Protocol protocol, String from, String to, int port) {
    FlowKey packet = new FlowKey(protocol, IpAddress.parse(from), 40112, IpAddress.parse(to), port);
    return new NatQuery(packet, "eni1", "", Set.of(), 0);
  }

  /** What the packet's source becomes, when neither of the hooks before refuses or translates. */
  private static NatPrediction.Outcome outcome(
      NatSnapshot node, String from, String to, int port, Optional<IpAddress> own) {
    NatQuery query = pod(Protocol.TCP, from, to, port);
    NatPrediction before = NatEvaluator.prerouting(node, query);
    assertThat(before.outcome()).isEqualTo(new NatPrediction.NoNat());
    NatPrediction inside =
        NatEvaluator.forwarding(
            node, new NatQuery(query.packet(), "eni1", "eth0", Set.of(), before.fwmark()));
    assertThat(inside.outcome()).isEqualTo(new NatPrediction.NoNat());
    return NatEvaluator.postrouting(
            node,
            new NatQuery(
                query.packet(), "", "eth0", own.map(Set::of).orElse(Set.of()), before.fwmark()))
        .outcome();
  }

  @Test
  void parse_conntrackSamples_translationsUnderstood() {
    List<ConntrackEntry> host = entries("conntrack-hostflow-randomised-id43531890802.txt");
    List<ConntrackEntry> nodePort = entries("conntrack-nodeport-procformat-cilium12098.txt");

    assertThat(host).hasSize(2).allMatch(ConntrackEntry::sourceTranslated);
    assertThat(host).extracting(ConntrackEntry::mark).containsExactly(128, 128);
    assertThat(host.get(1).translated().sourcePort()).isEqualTo(54487);
    assertThat(nodePort)
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.destinationTranslated()).isTrue();
              assertThat(entry.sourceTranslated()).isTrue();
              assertThat(entry.tcpState()).contains(TcpState.SYN_RECV);
            });
  }

  private static List<ConntrackEntry> entries(String name) {
    return Samples.text(name).lines().map(line -> ConntrackText.parse(line).orElseThrow()).toList();
  }
}
