package io.podhop.agent.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random policies of all selectors, actions and route types, with random reverse path filters; the
 * kernel's answer to {@code ip route get fibmatch} is the oracle.
 */
@Timeout(120)
class RoutePolicyOracleTest {
  private static final int POLICIES = 4;
  private static final int PACKETS = 600;
  private static final String NO_HOST = "RTNETLINK answers: No route to host";
  private static final String CROSS_DEVICE = "RTNETLINK answers: Invalid cross-device link";
  private static final String INVALID = "RTNETLINK answers: Invalid argument";

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void predict_randomPolicies_asTheKernelDecides(boolean ipv4) throws IOException {
    Map<String, Integer> kinds = new TreeMap<>();
    for (int seed = 1; seed <= POLICIES; seed++) {
      Random random = new Random(seed);
      RandomPolicy policy = new RandomPolicy(random, ipv4);
      try (CniNode node = new CniNode()) {
        node.batch("addr add 192.168.0.10/19 dev eth0", "addr add 192.168.0.20/19 dev eth1");
        node.batchOfIpv6(
            "addr add fd00::10/64 dev eth0 nodad", "addr add fd00::20/64 dev eth1 nodad");
        node.batch("link set eni11 group 1");
        node.batchWhatIsAccepted(ipv4 ? "-4" : "-6", policy.lines());
        node.sysctl(
            Stream.concat(Stream.of("-qw"), policy.sysctls().stream()).toArray(String[]::new));
        compare(node, ipv4 ? "-4" : "-6", Stream.generate(policy::packet).limit(PACKETS).toList())
            .forEach(kind -> kinds.merge(kind, 1, Integer::sum));
      }
    }
    assertThat(kinds.keySet())
        .contains("Forward", "Local", "Rejected", "NoRoute")
        .doesNotContain("CannotTell");
    if (ipv4) {
      assertThat(kinds.keySet()).contains("ReversePath", "Martian", "NotForwarded");
    }
  }

  private static List<String> compare(CniNode node, String option, List<RouteQuery> packets)
      throws IOException {
    RouteSnapshot snapshot = node.readWithSysctls();
    List<String> answers =
        node.askAll(option, packets.stream().map(RandomPolicy::question).toList());
    List<String> kinds = new ArrayList<>();
    for (int i = 0; i < packets.size(); i++) {
      RouteQuery packet = packets.get(i);
      RouteDecision decision = RoutePredictor.predict(snapshot, packet);
      String kind = kind(snapshot, packet, decision);
      String answer = normal(answers.get(i));
      String expected =
          switch (kind) {
            case "Martian" -> INVALID;
            case "NotForwarded" -> NO_HOST;
            // From Linux 6.13 on the kernel's answer no longer tells the filter from other drops.
            case "ReversePath" -> answer.equals(CROSS_DEVICE) ? CROSS_DEVICE : INVALID;
            default -> normal(RoutePredictorOracleTest.describe(decision));
          };
      assertThat(expected)
          .as(
              "%s: %s, %s",
              RandomPolicy.question(packet), decision, ReversePathFilter.check(snapshot, packet))
          .isEqualTo(answer);
      kinds.add(kind);
    }
    return kinds;
  }

  private static String normal(String answer) {
    return RoutePredictorOracleTest.normal(answer).replaceAll(" tos (0x10|lowdelay)", "");
  }

  /** What becomes of the packet: forwarding is asked before the reverse path filter. */
  private static String kind(RouteSnapshot snapshot, RouteQuery packet, RouteDecision decision) {
    ReversePathFilter.Result filter = ReversePathFilter.check(snapshot, packet);
    boolean martian = filter instanceof ReversePathFilter.Result.Drops drops && !drops.counted();
    boolean impossible = martian && filter.why().size() == 2 && isNoSource(packet);
    if (impossible) {
      return "Martian";
    }
    Forwarding.Result forwarding = Forwarding.check(snapshot, packet);
    assertThat(forwarding).isNotInstanceOf(Forwarding.Result.CannotTell.class);
    boolean stays = decision instanceof RouteDecision.Local;
    boolean refused = forwarding instanceof Forwarding.Result.Refused;
    if (refused && !stays && packet.destination().isIpv4()) {
      return "NotForwarded";
    }
    return switch (filter) {
      case ReversePathFilter.Result.Drops drops -> drops.counted() ? "ReversePath" : "Martian";
      case ReversePathFilter.Result.CannotTell _ -> "CannotTell";
      case ReversePathFilter.Result.Pass _ -> decision.getClass().getSimpleName();
    };
  }

  /** Multicast, loopback and "this network", which the kernel refuses before it routes. */
  private static boolean isNoSource(RouteQuery packet) {
    return packet.source().isIpv4()
        && packet.source().toString().matches("(0\\.0\\.0\\.0|(127|224)\\..*)");
  }
}
