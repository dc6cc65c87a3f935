package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way in which releases of the VPC CNI and of kube-proxy have written their rules. */
class LayoutTest {
  private static final IpAddress PRIMARY = IpAddress.parse("10.1.0.10");
  private static final String POD = "10.1.2.30";
  private static final Map<String, String> TEXTS =
      Map.of(
          "1.2", RuleSets.OLDEST,
          "1.5", RuleSets.MISSPELT,
          "1.7", RuleSets.CHAINED_WITHOUT_CONNMARK,
          "1.12", RuleSets.CHAINED,
          "1.16.0", RuleSets.CHAINED.replace(" -m state --state NEW", ""),
          "1.22", RuleSets.CURRENT,
          "1.23", RuleSets.WITHOUT_CONNMARK,
          "external SNAT", RuleSets.EXTERNAL_SNAT);

  @ParameterizedTest
  @CsvSource({
    "1.2, legacy, false, true",
    "1.5, legacy, false, true",
    "1.7, legacy, false, true",
    "1.12, legacy, true, true",
    "1.12, nft, true, true",
    "1.16.0, legacy, true, true",
    "1.16.0, nft, true, true",
    "1.22, legacy, true, true",
    "1.22, nft, true, true",
    "1.22, both, true, true",
    "1.23, native, true, true",
    "external SNAT, nft, false, false",
  })
  void evaluate_layout_vpcInternetAndService(
      String layout, String backend, boolean marks, boolean translates) {
    NatSnapshot node = node(TEXTS.get(layout), backend);

    NatPrediction vpc = NatEvaluator.prerouting(node, from(POD, "10.1.77.1", 80));
    assertThat(vpc.outcome()).isEqualTo(new NatPrediction.NoNat());
    assertThat(vpc.fwmark() | vpc.connectionMark()).isZero();
    assertThat(leaving(node, "10.1.77.1", vpc).outcome()).isEqualTo(new NatPrediction.NoNat());

    NatPrediction internet = NatEvaluator.prerouting(node, from(POD, "203.0.113.10", 80));
    assertThat(internet.outcome()).isEqualTo(new NatPrediction.NoNat());
    assertThat(internet.fwmark()).isEqualTo(marks ? 0x80 : 0);
    assertThat(internet.connectionMark()).isEqualTo(marks ? 0x80 : 0);
    assertThat(leaving(node, "203.0.113.10", internet).outcome())
        .isEqualTo(translates ? new NatPrediction.Snat(PRIMARY) : new NatPrediction.NoNat());

    NatPrediction service = NatEvaluator.prerouting(node, from(POD, "172.20.0.7", 5432));
    if (backend.equals("both")) {
      // Whether the mark is set before the translation is the known fault, or is not.
      assertThat(service.outcome().toString()).contains("both iptables backends");
      return;
    }
    assertThat(((NatPrediction.Dnat) service.outcome()).candidates())
        .extracting(to -> to.address() + " " + to.probability() + " " + to.connectionMark())
        .containsExactlyInAnyOrder("10.1.1.21 0.5 0", "10.1.2.22 0.5 0");
  }

  @ParameterizedTest
  @CsvSource({"+ 10, Dnat 0x0", "- 10, Dnat 0x80", "+ 0, CannotTell"})
  void prerouting_serviceByNativeTable_markedWhenItStandsBeforeKubeServices(
      String place, String expected) {
    String native23 = RuleSets.NATIVE.replace("dstnat + 10", "dstnat " + place);
    NatSnapshot node =
        RuleSets.snapshot(RuleSets.WITHOUT_CONNMARK).withNative(NativeTableParser.parse(native23));

    NatPrediction.Outcome outcome =
        NatEvaluator.prerouting(node, from(POD, "172.20.0.7", 5432)).outcome();
    String mark =
        outcome instanceof NatPrediction.Dnat dnat
            ? " 0x" + Integer.toHexString(dnat.candidates().getFirst().connectionMark())
            : "";
    assertThat(outcome.getClass().getSimpleName() + mark).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "1.2, legacy, 0",
    "1.5, legacy, 0x80",
    "1.7, legacy, 0x80",
    "1.12, nft, 0x80",
    "1.16.0, legacy, 0x80",
    "1.22, nft, 0x80",
    "1.22, both, 0x80",
    "1.23, native, 0x80",
  })
  void evaluate_laterPacketOfPod_markOfTheConnectionRestored(
      String layout, String backend, String mark) {
    NatSnapshot node = node(TEXTS.get(layout), backend);
    NatQuery later = from(POD, "203.0.113.10", 80).with(ConnectionState.established(false, 0x80));

    NatPrediction prediction = NatEvaluator.prerouting(node, later);
    assertThat(prediction.fwmark()).isEqualTo(Integer.decode(mark));
    assertThat(prediction.steps()).noneMatch(step -> step.cite().place().startsWith("nat/"));
    assertThat(leaving(node, "203.0.113.10", prediction).outcome())
        .isEqualTo(new NatPrediction.NoNat());
  }

  @ParameterizedTest
  @CsvSource({
    "203.0.113.5, 198.51.100.30, 80, 10.1.1.31 1.0, 0",
    "10.1.2.30, 172.20.0.30, 80, 10.1.2.32 0.75, 0",
    "203.0.113.5, 172.20.0.30, 80, 10.1.2.32 0.75, 0x4000",
    "203.0.113.5, 10.1.0.10, 30030, 10.1.1.31 1.0, 0",
  })
  void prerouting_rareServices_likeliestEndpointAndMark(
      String source, String destination, int port, String likeliest, String mark) {
    NatPrediction prediction =
        NatEvaluator.prerouting(
            RuleSets.snapshot(RuleSets.RARE_SERVICES), from(source, destination, port));

    NatPrediction.Dnat dnat = (NatPrediction.Dnat) prediction.outcome();
    NatPrediction.Candidate first = dnat.candidates().getFirst();
    assertThat(first.address() + " " + first.probability()).isEqualTo(likeliest);
    assertThat(first.fwmark()).isEqualTo(Integer.decode(mark));
    assertThat(dnat.affinitySeconds()).isEqualTo(dnat.candidates().size() > 1 ? 10_800 : 0);
    assertThat(prediction.steps().getFirst().effect()).isEqualTo("jumps to KUBE-SERVICES");
    assertThat(prediction.steps().getLast().effect()).startsWith("destination becomes");
  }

  @ParameterizedTest
  @CsvSource({
    "172.20.0.40, 80, FIRST, filter/KUBE-SERVICES",
    "10.1.9.9, 80, INVALID, filter/FORWARD",
    "10.1.9.9, 80, FIRST, ''",
  })
  void forwarding_kubeFilter_refusesWithItsRule(
      String destination, int port, String state, String place) {
    NatQuery query =
        from(POD, destination, port)
            .with(state.equals("FIRST") ? ConnectionState.FIRST : ConnectionState.INVALID);

    NatPrediction prediction =
        NatEvaluator.forwarding(RuleSets.snapshot(RuleSets.RARE_SERVICES), query);
    assertThat(
            prediction.outcome() instanceof NatPrediction.Refused(Citation rule)
                ? rule.place()
                : "")
        .isEqualTo(place);
  }

  /** For {@code both}: the CNI writes to one backend, kube-proxy to the other. */
  private static NatSnapshot node(String text, String backend) {
    return switch (backend) {
      case "legacy" -> NatSnapshot.of(RuleSetParser.parse(Backend.LEGACY, text));
      case "native" -> RuleSets.snapshot(text).withNative(NativeTableParser.parse(RuleSets.NATIVE));
      case "both" ->
          new NatSnapshot(
              RuleSetParser.parse(Backend.LEGACY, without("AWS|MANGLE", text)),
              RuleSetParser.parse(Backend.NFT, without("KUBE|kubernetes", text)),
              Ruleset.empty(Backend.NATIVE),
              List.of());
      default -> RuleSets.snapshot(text);
    };
  }

  private static String without(String words, String text) {
    return text.lines()
        .filter(line -> !line.startsWith("-A") || !line.matches(".*(" + words + ").*"))
        .reduce("", (all, line) -> all + line + "\n");
  }

  private static NatQuery from(String source, String destination, int port) {
    String in = source.equals(POD) ? "eni1" : "eth0";
    return new NatQuery(key(source, destination, port), in, "", Set.of(PRIMARY), 0);
  }

  private static NatPrediction leaving(NatSnapshot node, String to, NatPrediction before) {
    return NatEvaluator.postrouting(
        node,
        new NatQuery(key(POD, to, 80), "", "eth0", Set.of(PRIMARY), before.fwmark())
            .with(before.connection()));
  }

  private static FlowKey key(String source, String destination, int port) {
    return new FlowKey(
        Protocol.TCP, IpAddress.parse(source), 40112, IpAddress.parse(destination), port);
  }
}
