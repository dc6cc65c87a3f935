package io.podhop.agent.nat;

import static io.podhop.agent.nat.RuleSets.snapshot;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NatEvaluatorTest {
  private static final IpAddress PRIMARY = IpAddress.parse("10.1.0.10");
  private static final String POD = "10.1.2.30";
  private static final String INTERNET = "203.0.113.10";
  private static final String SERVICE = "172.20.0.7";

  @ParameterizedTest
  @ValueSource(strings = {RuleSets.CURRENT, RuleSets.CHAINED})
  void prerouting_podToInternet_markedForThePrimaryEni(String rules) {
    NatPrediction prediction = pre(rules, "eni1", POD, INTERNET, 80);

    assertThat(prediction.outcome()).isEqualTo(new NatPrediction.NoNat());
    assertThat(prediction.fwmark()).isEqualTo(0x80);
    assertThat(prediction.citations())
        .extracting(Citation::text)
        .contains("-j CONNMARK --set-xmark 0x80/0x80");
  }

  @ParameterizedTest
  @ValueSource(strings = {RuleSets.CURRENT, RuleSets.CHAINED, RuleSets.OLDEST})
  void prerouting_podToVpc_notMarked(String rules) {
    NatPrediction prediction = pre(rules, "eni1", POD, "10.1.77.1", 80);

    assertThat(prediction.outcome()).isEqualTo(new NatPrediction.NoNat());
    assertThat(prediction.fwmark()).isZero();
  }

  @Test
  void prerouting_podToService_bothEndpointsWithTheirRules() {
    NatPrediction prediction = pre(RuleSets.CURRENT, "eni1", POD, SERVICE, 5432);

    List<NatPrediction.Candidate> candidates =
        ((NatPrediction.Dnat) prediction.outcome()).candidates();
    assertThat(candidates).hasSize(2).allMatch(candidate -> candidate.probability() == 0.5);
    assertThat(candidates)
        .extracting(candidate -> candidate.address() + ":" + candidate.port())
        .containsExactlyInAnyOrder("10.1.1.21:5432", "10.1.2.22:5432");
    assertThat(prediction.fwmark()).isZero();
    assertThat(prediction.citations().stream().map(Citation::place))
        .startsWith("nat/KUBE-SERVICES", "nat/KUBE-SVC-AAAA");
  }

  @Test
  void prerouting_endpointAskingItsOwnService_markedForMasquerade() {
    NatPrediction prediction = pre(RuleSets.CURRENT, "eni1", "10.1.1.21", SERVICE, 5432);

    assertThat(((NatPrediction.Dnat) prediction.outcome()).candidates())
        .anyMatch(c -> c.address().equals(IpAddress.parse("10.1.1.21")) && c.fwmark() == 0x4000)
        .anyMatch(c -> c.address().equals(IpAddress.parse("10.1.2.22")) && c.fwmark() == 0);
  }

  @Test
  void prerouting_nodePortAtPrimaryEni_dnatAndBothMarks() {
    NatPrediction prediction = pre(RuleSets.CURRENT, "eth0", INTERNET, PRIMARY.toString(), 30007);

    assertThat(prediction.outcome()).isInstanceOf(NatPrediction.Dnat.class);
    assertThat(prediction.fwmark()).isEqualTo(0x4000);
    assertThat(prediction.citations())
        .extracting(Citation::place)
        .contains("mangle/PREROUTING", "nat/KUBE-NODEPORTS", "nat/KUBE-EXT-AAAA");
  }

  @Test
  void prerouting_awsRulesAboveKubeProxys_serviceTrafficIsMarked() {
    NatPrediction prediction = pre(RuleSets.CNI_FIRST, "eni1", POD, SERVICE, 5432);

    assertThat(prediction.outcome()).isInstanceOf(NatPrediction.Dnat.class);
    assertThat(prediction.fwmark()).isEqualTo(0x80);
  }

  @Test
  void prerouting_nativeTable_marksAfterDnat() {
    NatSnapshot node =
        snapshot(RuleSets.WITHOUT_CONNMARK).withNative(NativeTableParser.parse(RuleSets.NATIVE));

    NatPrediction internet = NatEvaluator.prerouting(node, query("eni1", "", POD, INTERNET, 80, 0));
    assertThat(internet.fwmark()).isEqualTo(0x80);
    assertThat(internet.citations())
        .contains(
            new Citation(
                Citation.Source.NFTABLES,
                "aws-cni/snat-mark",
                2,
                "ct mark set ct mark | 0x00000080"));
    NatPrediction service = NatEvaluator.prerouting(node, query("eni1", "", POD, SERVICE, 5432, 0));
    assertThat(service.outcome()).isInstanceOf(NatPrediction.Dnat.class);
    assertThat(service.fwmark()).isZero();
  }

  @Test
  void prerouting_nativeTable_clobbersOtherMarkBitsAsTheKernelDoes() {
    NatSnapshot node = NatSnapshot.of(NativeTableParser.parse(RuleSets.NATIVE));

    assertThat(
            NatEvaluator.prerouting(node, query("eni1", "", POD, "10.1.7.7", 80, 0x1000000))
                .fwmark())
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {RuleSets.CURRENT, RuleSets.CHAINED, RuleSets.OLDEST})
  void postrouting_podToInternet_snatToPrimary(String rules) {
    NatPrediction prediction = post(rules, POD, INTERNET, 0x80);

    assertThat(prediction.outcome()).isEqualTo(new NatPrediction.Snat(PRIMARY));
    assertThat(prediction.citations().getLast().text()).contains("--to-source 10.1.0.10");
  }

  @Test
  void postrouting_podToVpc_exemptedAndCited() {
    NatPrediction exempted = post(RuleSets.CURRENT, POD, "10.1.9.9", 0);
    assertThat(exempted.outcome()).isEqualTo(new NatPrediction.NoNat());
    assertThat(exempted.citations())
        .containsExactly(
            new Citation(
                Citation.Source.IPTABLES, "nat/AWS-SNAT-CHAIN-0", 2, "-d 10.1.0.0/16 -j RETURN"));
    assertThat(exempted.steps())
        .extracting(step -> step.rule().place().chain() + " " + step.effect())
        .containsExactly(
            "POSTROUTING jumps to KUBE-POSTROUTING",
            "KUBE-POSTROUTING returns",
            "POSTROUTING jumps to AWS-SNAT-CHAIN-0",
            "AWS-SNAT-CHAIN-0 returns");
    assertThat(post(RuleSets.CHAINED, POD, "10.2.9.9", 0).citations())
        .extracting(Citation::toString)
        .containsExactly(
            "AWS-SNAT-CHAIN-0 #1 ! -d 10.1.0.0/16 -j AWS-SNAT-CHAIN-1",
            "AWS-SNAT-CHAIN-1 #1 ! -d 10.2.0.0/16 -j AWS-SNAT-CHAIN-2");
  }

  @Test
  void postrouting_excludedRangeBranchInterfaceAndLocalAddress_noNat() {
    NatPrediction.Outcome none = new NatPrediction.NoNat();

    assertThat(post(RuleSets.CURRENT, POD, "10.9.1.1", 0).outcome()).isEqualTo(none);
    assertThat(post(RuleSets.EXTERNAL_SNAT, POD, INTERNET, 0).outcome()).isEqualTo(none);
    NatSnapshot node = snapshot(RuleSets.CURRENT);
    assertThat(
            NatEvaluator.postrouting(node, query("", "vlan.eth.1", POD, INTERNET, 80, 0)).outcome())
        .isEqualTo(none);
  }

  @Test
  void postrouting_markedForMasquerade_masquerade() {
    NatPrediction prediction = post(RuleSets.CURRENT, POD, "10.1.1.21", 0x4000);

    assertThat(prediction.outcome()).isEqualTo(new NatPrediction.Masquerade());
    assertThat(prediction.citations())
        .extracting(Citation::toString)
        .containsExactly("KUBE-POSTROUTING #3 -j MASQUERADE --random-fully");
  }

  @Test
  void postrouting_unknownConditionThatDecides_cannotTellAndSaysWhy() {
    NatPrediction prediction =
        post(
            "*nat\n-A POSTROUTING -m set --match-set a dst -j SNAT --to-source 1.1.1.1\n",
            POD,
            INTERNET,
            0);

    assertThat(prediction.outcome())
        .isInstanceOfSatisfying(
            NatPrediction.CannotTell.class,
            cannot -> assertThat(cannot.because()).contains("--match-set a dst"));
  }

  @Test
  void postrouting_unknownConditionThatDecidesNothing_isPassed() {
    String rules =
        "*nat\n-A POSTROUTING -m set --match-set a dst -j LOG\n"
            + "-A POSTROUTING -m set --match-set a dst -j SNAT --to-source 1.1.1.1\n"
            + "-A POSTROUTING -j SNAT --to-source 1.1.1.1\n";

    assertThat(post(rules, POD, INTERNET, 0).outcome())
        .isEqualTo(new NatPrediction.Snat(IpAddress.parse("1.1.1.1")));
  }

  @Test
  void postrouting_bothBackendsDisagree_cannotTell() {
    NatSnapshot node =
        new NatSnapshot(
            RuleSetParser.parse(
                Backend.LEGACY, "*nat\n:POSTROUTING ACCEPT\n-A POSTROUTING -j MASQUERADE\n"),
            RuleSetParser.parse(Backend.NFT, RuleSets.CURRENT),
            Ruleset.empty(Backend.NATIVE),
            List.of());

    assertThat(NatEvaluator.postrouting(node, query("", "eth0", POD, INTERNET, 80, 0)).outcome())
        .isInstanceOf(NatPrediction.CannotTell.class);
  }

  @Test
  void postrouting_rulesInCircles_cannotTell() {
    String rules = "*nat\n:POSTROUTING ACCEPT\n-A POSTROUTING -j A\n-A A -j B\n-A B -g A\n";

    assertThat(post(rules, POD, INTERNET, 0).outcome())
        .isInstanceOf(NatPrediction.CannotTell.class);
  }

  @Test
  void postrouting_egressPluginChain_snatsToTheNode() {
    String rules =
        "*nat\n:POSTROUTING ACCEPT\n"
            + "-A POSTROUTING -s 169.254.172.2/32 -j CNI-E4-abc\n"
            + "-A CNI-E4-abc -d 224.0.0.0/4 -j ACCEPT\n"
            + "-A CNI-E4-abc -j SNAT --to-source 10.1.0.10 --random-fully\n";

    assertThat(post(rules, "169.254.172.2", INTERNET, 0).outcome())
        .isEqualTo(new NatPrediction.Snat(PRIMARY));
    assertThat(post(rules, "169.254.172.2", "224.0.0.5", 0).outcome())
        .isEqualTo(new NatPrediction.NoNat());
  }

  @Test
  void forwarding_dropRuleAndPolicy_refusedWithTheRule() {
    String rules =
        "*filter\n:FORWARD ACCEPT\n-A FORWARD -j FW\n-A FW -p tcp -m tcp --dport 5432 -j DROP\n";

    assertThat(forward(rules))
        .isEqualTo(
            new NatPrediction.Refused(
                new Citation(
                    Citation.Source.IPTABLES,
                    "filter/FW",
                    1,
                    "-p tcp -m tcp --dport 5432 -j DROP")));
    assertThat(forward("*filter\n:FORWARD DROP\n"))
        .isInstanceOfSatisfying(
            NatPrediction.Refused.class,
            refused -> assertThat(refused.rule().text()).isEqualTo("policy DROP"));
    assertThat(forward(RuleSets.CURRENT)).isEqualTo(new NatPrediction.NoNat());
  }

  @Test
  void citeDnat_provenEndpoint_servicesServiceAndEndpointRule() {
    NatSnapshot node = snapshot(RuleSets.CURRENT);

    assertThat(
            NatEvaluator.citeDnat(
                node, key(POD, SERVICE, 5432), IpAddress.parse("10.1.2.22"), 5432))
        .extracting(Citation::toString)
        .containsExactly(
            "KUBE-SERVICES #2 -d 172.20.0.7/32 -p tcp -m tcp --dport 5432 -j KUBE-SVC-AAAA",
            "KUBE-SVC-AAAA #2 -j KUBE-SEP-TWO",
            "KUBE-SEP-TWO #2 -p tcp -m tcp -j DNAT --to-destination 10.1.2.22:5432");
    assertThat(
            NatEvaluator.citeDnat(
                node, key(INTERNET, PRIMARY.toString(), 30007), IpAddress.parse("10.1.1.21"), 5432))
        .extracting(Citation::place)
        .containsExactly(
            "nat/KUBE-SERVICES",
            "nat/KUBE-NODEPORTS",
            "nat/KUBE-EXT-AAAA",
            "nat/KUBE-SVC-AAAA",
            "nat/KUBE-SEP-ONE");
  }

  @Test
  void citeDnat_endpointThatIsGone_nothing() {
    assertThat(
            NatEvaluator.citeDnat(
                snapshot(RuleSets.CURRENT),
                key(POD, SERVICE, 5432),
                IpAddress.parse("10.1.2.99"),
                5432))
        .isEmpty();
  }

  @Test
  void citeSnat_provenSource_theRuleThatDidIt() {
    NatSnapshot node = snapshot(RuleSets.CURRENT);
    FlowKey out = key(POD, INTERNET, 80);

    assertThat(NatEvaluator.citeSnat(node, out, "eth0", PRIMARY))
        .extracting(Citation::toString)
        .containsExactly(
            "AWS-SNAT-CHAIN-0 #3 ! -o vlan+ -m addrtype ! --dst-type LOCAL -j SNAT --to-source"
                + " 10.1.0.10 --random-fully");
    assertThat(NatEvaluator.citeSnat(node, key(POD, "10.1.9.9", 80), "eth1", IpAddress.parse(POD)))
        .extracting(Citation::toString)
        .containsExactly("AWS-SNAT-CHAIN-0 #2 -d 10.1.0.0/16 -j RETURN");
    assertThat(
            NatEvaluator.citeSnat(
                node, key(INTERNET, "10.1.9.9", 80), "eni1", IpAddress.parse("10.1.5.5")))
        .extracting(Citation::place)
        .containsExactly("nat/KUBE-POSTROUTING");
  }

  @Test
  void citeSnat_chainedLayout_exemptionIsTheRuleThatDidNotMatch() {
    assertThat(
            NatEvaluator.citeSnat(
                snapshot(RuleSets.CHAINED), key(POD, "10.1.9.9", 80), "eth1", IpAddress.parse(POD)))
        .extracting(Citation::toString)
        .containsExactly("AWS-SNAT-CHAIN-0 #1 ! -d 10.1.0.0/16 -j AWS-SNAT-CHAIN-1");
  }

  private static NatPrediction pre(
      String rules, String in, String source, String destination, int port) {
    return NatEvaluator.prerouting(snapshot(rules), query(in, "", source, destination, port, 0));
  }

  private static NatPrediction post(String rules, String source, String destination, int fwmark) {
    return NatEvaluator.postrouting(
        snapshot(rules), query("", "eth0", source, destination, 80, fwmark));
  }

  private static NatPrediction.Outcome forward(String rules) {
    return NatEvaluator.forwarding(snapshot(rules), query("eni1", "eth0", POD, "10.1.9.9", 5432, 0))
        .outcome();
  }

  private static FlowKey key(String source, String destination, int port) {
    return new FlowKey(
        Protocol.TCP, IpAddress.parse(source), 40112, IpAddress.parse(destination), port);
  }

  private static NatQuery query(
      String in, String out, String source, String destination, int port, int fwmark) {
    return new NatQuery(key(source, destination, port), in, out, Set.of(PRIMARY), fwmark);
  }
}
