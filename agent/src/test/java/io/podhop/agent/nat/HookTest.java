package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sets, targets, modes of kube-proxy, both families: what no kernel test can show here. */
class HookTest {
  private static final String POD = "10.1.2.30";
  private static final LocalAddresses LOCAL =
      new LocalAddresses(
          Map.of(IpAddress.parse("10.1.0.10"), "eth0", IpAddress.parse("10.1.0.20"), "eth1"),
          Optional.of(Set.of(IpAddress.parse("10.1.0.255"))));
  private static final IpSets SETS =
      IpSets.parse(
          """
          create hosts hash:ip family inet hashsize 1024 maxelem 65536
          add hosts 10.1.9.9
          add hosts 10.1.8.1-10.1.8.9
          create nets hash:net family inet hashsize 1024 maxelem 65536 comment
          add nets 10.1.0.0/16 comment "the \\"VPC\\""
          add nets 10.1.7.0/24 nomatch
          create ports bitmap:port range 0-65535
          add ports 80
          create services hash:ip,port family inet hashsize 1024 maxelem 65536
          add services 10.1.9.9,tcp:80
          create loops hash:ip,port,ip family inet hashsize 1024 maxelem 65536
          add loops 10.1.9.9,tcp:80,10.1.2.30
          create all list:set size 8
          add all hosts
          add all nets
          create masked hash:ip family inet netmask 24
          add masked 10.1.6.0
          create odd hash:ip,mac family inet
          add odd 10.1.9.9
          """);

  @ParameterizedTest
  @CsvSource({
    "hosts dst, 10.1.9.9, YES",
    "hosts dst, 10.1.8.5, YES",
    "hosts dst, 10.1.8.10, NO",
    "hosts src, 10.1.9.9, NO",
    "nets dst, 10.1.9.9, YES",
    "nets dst, 10.1.7.7, NO",
    "nets dst, 10.2.0.1, NO",
    "ports dst, 10.9.9.9, YES",
    "'services dst,dst', 10.1.9.9, YES",
    "'services dst,src', 10.1.9.9, NO",
    "services dst, 10.1.9.9, NO",
    "'loops dst,dst,src', 10.1.9.9, YES",
    "'loops dst,dst,dst', 10.1.9.9, NO",
    "all dst, 10.1.8.5, YES",
    "all dst, 10.2.0.1, NO",
    "masked dst, 10.1.6.77, YES",
    "masked dst, 10.1.5.77, NO",
    "'odd dst,src', 10.1.9.9, OPEN",
    "missing dst, 10.1.9.9, OPEN",
  })
  void evaluate_set_asIpsetHasIt(String set, String destination, String expected) {
    NatSnapshot node =
        RuleSets.snapshot(
                "*filter\n:FORWARD ACCEPT\n-A FORWARD -m set --match-set " + set + " -j DROP\n")
            .withSets(SETS);

    NatPrediction.Outcome outcome =
        NatEvaluator.forwarding(node, query(POD, destination)).outcome();
    assertThat(
            switch (outcome) {
              case NatPrediction.Refused _ -> "YES";
              case NatPrediction.NoNat _ -> "NO";
              default -> "OPEN";
            })
        .isEqualTo(expected);
    if (set.startsWith("missing")) {
      assertThat(outcome.toString()).contains("--match-set missing dst").contains("no set of that");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--dst-type LOCAL, 10.1.0.10, YES",
    "--dst-type LOCAL --limit-iface-in, 10.1.0.10, NO",
    "--dst-type LOCAL --limit-iface-in, 10.1.0.20, YES",
    "! --dst-type LOCAL, 10.1.0.20, NO",
    "--dst-type BROADCAST, 10.1.0.255, YES",
    "--dst-type UNICAST, 10.1.9.9, YES",
    "--dst-type MULTICAST, 224.0.0.1, YES",
    "--dst-type LOCAL, 127.3.2.1, YES",
    "--src-type LOCAL --dst-type LOCAL, 10.1.0.10, NO",
  })
  void evaluate_addressType_byTheNodesAddresses(String types, String destination, String expected) {
    NatSnapshot node =
        RuleSets.snapshot(
            "*mangle\n:PREROUTING ACCEPT\n-A PREROUTING -m addrtype " + types + " -j DROP\n");
    NatQuery query = new NatQuery(key(POD, destination), "eth1", "", Set.of(), 0).with(LOCAL);

    assertThat(NatEvaluator.prerouting(node, query).outcome() instanceof NatPrediction.Refused)
        .isEqualTo(expected.equals("YES"));
  }

  @ParameterizedTest
  @CsvSource({
    "-j REDIRECT --to-ports 8080, 10.1.0.20 8080",
    "-j NETMAP --to 10.7.0.0/16, 10.7.9.9 80",
    "-j DNAT --to-destination 10.7.0.1, 10.7.0.1 80",
    "-j NFQUEUE --queue-num 0, cannot tell",
    "-j SYNPROXY, cannot tell",
    "-j DNAT --to-destination 10.7.0.1-10.7.0.9, cannot tell",
  })
  void prerouting_target_destinationOrCannotTell(String target, String expected) {
    NatSnapshot node =
        RuleSets.snapshot("*nat\n:PREROUTING ACCEPT\n-A PREROUTING -p tcp " + target + "\n");
    NatQuery query = new NatQuery(key(POD, "10.1.9.9"), "eth1", "", Set.of(), 0).with(LOCAL);

    NatPrediction.Outcome outcome = NatEvaluator.prerouting(node, query).outcome();
    assertThat(
            outcome instanceof NatPrediction.Dnat dnat
                ? dnat.candidates().getFirst().address() + " " + dnat.candidates().getFirst().port()
                : "cannot tell")
        .isEqualTo(expected);
    if (outcome instanceof NatPrediction.CannotTell(String because)) {
      assertThat(because).contains("PREROUTING #1");
    }
  }

  @Test
  void prerouting_untracked_neitherTranslatedNorMarkedByConnection() {
    NatSnapshot node =
        RuleSets.snapshot(
            "*raw\n:PREROUTING ACCEPT\n-A PREROUTING -j CT --notrack\n"
                + "*mangle\n:PREROUTING ACCEPT\n-A PREROUTING -j CONNMARK --set-mark 0x7\n"
                + "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j DNAT --to-destination 10.7.0.1\n");

    NatPrediction prediction =
        NatEvaluator.prerouting(node, new NatQuery(key(POD, "10.1.9.9"), "eni1", "", Set.of(), 0));
    assertThat(prediction.outcome()).isEqualTo(new NatPrediction.NoNat());
    assertThat(prediction.connection()).isEqualTo(ConnectionState.UNTRACKED);
  }

  @ParameterizedTest
  @CsvSource({
    "172.20.0.7, 5432, true",
    "172.20.0.7, 80, false",
    "10.1.0.10, 30007, true",
    "10.1.9.9, 30007, false"
  })
  void prerouting_kubeProxyInNftablesMode_cannotTellForServices(
      String destination, int port, boolean service) {
    NatSnapshot node =
        RuleSets.snapshot("*nat\n:PREROUTING ACCEPT\n")
            .withKubeProxy(
                new KubeProxyTables(
                    true,
                    Optional.of(
                        Set.of(
                            new KubeProxyTables.Target(
                                IpAddress.parse("172.20.0.7"), Protocol.TCP, 5432))),
                    Optional.of(Set.of(new KubeProxyTables.Port(Protocol.TCP, 30007)))));
    FlowKey packet =
        new FlowKey(Protocol.TCP, IpAddress.parse(POD), 40112, IpAddress.parse(destination), port);
    NatQuery query = new NatQuery(packet, "eni1", "", Set.of(), 0).with(LOCAL);

    assertThat(NatEvaluator.prerouting(node, query).outcome().toString().contains("nftables mode"))
        .isEqualTo(service);
    assertThat(
            NatEvaluator.prerouting(node, query.with(ConnectionState.established(false, 0)))
                .outcome())
        .isEqualTo(new NatPrediction.NoNat());
  }

  @Test
  void prerouting_kubeProxyInIpvsMode_cannotTellForServicesOnly() {
    NatSnapshot node =
        RuleSets.snapshot(
                "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j KUBE-SERVICES\n"
                    + "-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\n")
            .withSets(
                IpSets.parse(
                    "create KUBE-CLUSTER-IP hash:ip,port\nadd KUBE-CLUSTER-IP 172.20.0.7,tcp:80\n"));

    assertThat(NatEvaluator.prerouting(node, in(POD, "172.20.0.7")).outcome().toString())
        .contains("IPVS mode");
    assertThat(NatEvaluator.prerouting(node, in(POD, "10.1.9.9")).outcome())
        .isEqualTo(new NatPrediction.NoNat());
    assertThat(NatEvaluator.prerouting(node.withSets(IpSets.UNREAD), in(POD, "10.1.9.9")).outcome())
        .isInstanceOf(NatPrediction.CannotTell.class);
  }

  @Test
  void ipv6_egressPlugin_translatesAndBlocksPodsFromEachOther() {
    FamilyRules rules =
        FamilyRules.of(
            RuleSetParser.parse(
                Backend.NFT,
                """
                *nat
                :POSTROUTING ACCEPT [0:0]
                -A POSTROUTING -s fd00::ac:2/128 -m comment --comment "name: \\"aws-cni\\" id: \\"0a\\"" -j CNI-E6-0a
                -A CNI-E6-0a -d ff00::/8 -j ACCEPT
                -A CNI-E6-0a -j SNAT --to-source 2001:db8::10 --random-fully
                *filter
                :FORWARD ACCEPT [0:0]
                -A FORWARD -d fd00::ac:0/118 -m conntrack --ctstate NEW -m comment --comment "Block Node Local Pod access via IPv6" -j REJECT --reject-with icmp6-port-unreachable
                """));
    NatSnapshot node = RuleSets.snapshot(RuleSets.CURRENT).withIpv6(rules);

    assertThat(NatEvaluator.postrouting(node, query("fd00::ac:2", "2001:db8:1::1")).outcome())
        .isEqualTo(new NatPrediction.Snat(IpAddress.parse("2001:db8::10")));
    assertThat(NatEvaluator.postrouting(node, query("fd00::ac:2", "ff0e::5")).outcome())
        .isEqualTo(new NatPrediction.NoNat());
    NatQuery across = query("2001:db8:1::7", "fd00::ac:2");
    assertThat(NatEvaluator.forwarding(node, across).outcome())
        .isInstanceOfSatisfying(
            NatPrediction.Refused.class,
            refused -> assertThat(refused.rule().place()).isEqualTo("filter/FORWARD"));
    assertThat(
            NatEvaluator.forwarding(node, across.with(ConnectionState.established(true, 0)))
                .outcome())
        .isEqualTo(new NatPrediction.NoNat());
  }

  @Test
  void forwarding_ratesAndUnknownConditions_cannotTellUnlessItIsTheSame() {
    String limited = "*filter\n:FORWARD ACCEPT\n-A FORWARD -m limit --limit 1/sec -j ACCEPT\n";

    assertThat(
            NatEvaluator.forwarding(
                    RuleSets.snapshot(limited + "-A FORWARD -j DROP\n"), query(POD, "10.1.9.9"))
                .outcome()
                .toString())
        .contains("it is not known whether this rule matches: FORWARD #1");
    assertThat(
            NatEvaluator.forwarding(RuleSets.snapshot(limited), query(POD, "10.1.9.9")).outcome())
        .isEqualTo(new NatPrediction.NoNat());
  }

  @Test
  void forwarding_chanceThatDecidesAMark_cannotTell() {
    NatSnapshot node =
        RuleSets.snapshot(
            "*mangle\n:FORWARD ACCEPT\n"
                + "-A FORWARD -m statistic --mode random --probability 0.5 -j MARK --set-mark 1\n");

    assertThat(NatEvaluator.forwarding(node, query(POD, "10.1.9.9")).outcome().toString())
        .contains("at random");
  }

  @ParameterizedTest
  @CsvSource({"2, true", "16, false", "-1, open"})
  void forwarding_flagsOfLaterPackets_asKnown(int flags, String refused) {
    NatSnapshot node =
        RuleSets.snapshot(
            "*filter\n:FORWARD ACCEPT\n-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP\n");
    NatQuery later =
        new NatQuery(
            key(POD, "10.1.9.9"),
            "eni1",
            "eth0",
            LOCAL,
            0,
            ConnectionState.established(false, 0),
            PacketDetails.ofTcp(flags));

    NatPrediction.Outcome outcome = NatEvaluator.forwarding(node, later).outcome();
    assertThat(
            outcome instanceof NatPrediction.CannotTell
                ? "open"
                : String.valueOf(outcome instanceof NatPrediction.Refused))
        .isEqualTo(refused);
  }

  @Test
  void ofEntry_laterPackets_stateAndTranslationAsConntrackSays() {
    FlowKey sent = key(POD, "172.20.0.7");
    FlowKey answered = key("10.1.9.9", POD);
    ConntrackEntry entry =
        new ConntrackEntry(
            sent,
            answered,
            0x80,
            false,
            false,
            0,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            1);

    ConnectionState request = ConnectionState.of(entry, false);
    assertThat(request.state()).isEqualTo(ConnectionState.State.NEW);
    assertThat(request.first()).isFalse();
    assertThat(request.destinationTranslated()).isTrue();
    assertThat(ConnectionState.of(entry, true).state())
        .isEqualTo(ConnectionState.State.ESTABLISHED);
    assertThat(List.of(request.mark(), ConnectionState.of(entry, true).mark())).containsOnly(0x80);
  }

  private static NatQuery in(String source, String destination) {
    return new NatQuery(key(source, destination), "eni1", "", Set.of(), 0);
  }

  private static NatQuery query(String source, String destination) {
    return new NatQuery(key(source, destination), "eni1", "eth0", Set.of(), 0);
  }

  private static FlowKey key(String source, String destination) {
    return new FlowKey(
        Protocol.TCP, IpAddress.parse(source), 40112, IpAddress.parse(destination), 80);
  }
}
