package io.podhop.agent.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.RtNames;
import io.podhop.model.IpAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The kernel's own answer ({@code ip route get fibmatch}) is the oracle. */
@Timeout(120)
class RoutePredictorOracleTest {
  private static final List<String> DESTINATIONS =
      List.of(
          "192.168.1.11",
          "192.168.1.21",
          "192.168.1.31",
          "192.168.0.1",
          "192.168.0.10",
          "192.168.0.20",
          "192.168.31.255",
          "192.168.33.7",
          "203.0.113.10",
          "172.16.3.4",
          "54.1.2.3",
          "10.99.1.1",
          "10.98.1.1",
          "10.97.1.1");

  @Test
  void predict_cniRules_asTheKernelDecides() throws IOException {
    try (CniNode node = new CniNode()) {
      node.wire();
      RouteSnapshot snapshot = node.read();
      int forwarded = 0;
      for (String destination : DESTINATIONS) {
        for (String mark : List.of("0", "0x80", "0x4080")) {
          for (String pod : List.of("192.168.1.11", "192.168.1.21", "192.168.1.31")) {
            String veth = "eni" + pod.substring(pod.lastIndexOf('.') + 1);
            forwarded += compare(node, snapshot, pod, destination, mark, veth);
          }
          compare(node, snapshot, "192.168.1.41", destination, mark, "vlan41");
          for (String own : List.of("192.168.0.10", "192.168.0.20", "192.168.0.30")) {
            forwarded += compare(node, snapshot, own, destination, mark, "");
          }
        }
      }
      assertThat(forwarded).isGreaterThan(100);
    }
  }

  @Test
  void predict_cniRulesOfIpv6_asTheKernelDecides() throws IOException {
    try (CniNode node = new CniNode()) {
      node.wire();
      RouteSnapshot snapshot = node.read();
      int forwarded = 0;
      for (String destination :
          List.of("fd00:1::21", "fd00::10", "fd00::7", "2001:db8::1", "fd00:99::1")) {
        forwarded += compare(node, snapshot, "fd00:1::21", destination, "0", "eni21");
        forwarded += compare(node, snapshot, "fd00:1::22", destination, "0", "eni12");
        forwarded += compare(node, snapshot, "fd00::10", destination, "0", "");
      }
      assertThat(forwarded).isGreaterThan(5);
    }
  }

  @Test
  void predict_randomRulesAndRoutes_asTheKernelDecides() throws IOException {
    for (int seed = 1; seed <= 3; seed++) {
      try (CniNode node = new CniNode()) {
        Random random = new Random(seed);
        node.batch("addr add 192.168.0.10/19 dev eth0", "addr add 192.168.0.20/19 dev eth1");
        node.batchWhatIsAccepted(new RandomPolicy(random).lines());
        RouteSnapshot snapshot = node.read();
        int forwarded = 0;
        for (int i = 0; i < 150; i++) {
          forwarded +=
              compare(
                  node,
                  snapshot,
                  RandomPolicy.address(random),
                  RandomPolicy.address(random),
                  RandomPolicy.mark(random),
                  RandomPolicy.inInterface(random));
        }
        assertThat(forwarded).as("seed %d", seed).isGreaterThan(20);
      }
    }
  }

  /** 1 when both say that the packet goes on. */
  private static int compare(
      CniNode node,
      RouteSnapshot snapshot,
      String source,
      String destination,
      String mark,
      String inInterface)
      throws IOException {
    String in = inInterface.isEmpty() ? "" : " iif " + inInterface;
    String question = destination + " from " + source + in + " mark " + mark;
    String answer = node.ask("-o route get fibmatch " + question);
    RouteDecision decision =
        RoutePredictor.predict(
            snapshot,
            new RouteQuery(
                IpAddress.parse(source),
                IpAddress.parse(destination),
                Integer.decode(mark),
                inInterface));

    assertThat(describe(decision))
        .as("ip route get %s: %s", question, decision)
        .isEqualTo(normal(answer));
    return decision instanceof RouteDecision.Forward ? 1 : 0;
  }

  private static String describe(RouteDecision decision) {
    return switch (decision) {
      case RouteDecision.Forward forward -> describe(forward.route());
      case RouteDecision.Local local -> describe(local.route());
      case RouteDecision.NoRoute _ -> "RTNETLINK answers: Network is unreachable";
      case RouteDecision.Rejected rejected ->
          "RTNETLINK answers: "
              + switch (rejected.reason()) {
                case "prohibit" -> "Permission denied";
                case "unreachable" ->
                    rejected.route().isPresent() ? "No route to host" : "Network is unreachable";
                default -> "Invalid argument";
              };
    };
  }

  private static String describe(Route route) {
    return route.text() + " table " + RtNames.table(route.table());
  }

  /** The table at the end, and named always; without what podhop does not model. */
  private static String normal(String answer) {
    if (answer.startsWith("RTNETLINK answers: ")) {
      return answer;
    }
    String table =
        answer.replaceAll("(?s)^(?!.* table ).*", "main").replaceAll("(?s).* table (\\S+).*", "$1");
    return answer.replaceAll(" table \\S+| iif \\S+| pref medium| linkdown", "").strip()
        + " table "
        + table;
  }

  /** Rules and routes over a small address range, so that they meet. */
  private static final class RandomPolicy {
    private final Random random;
    private final List<String> lines = new ArrayList<>();

    RandomPolicy(Random random) {
      this.random = random;
    }

    List<String> lines() {
      for (int i = 0; i < 60; i++) {
        lines.add(route());
      }
      for (int i = 0; i < 30; i++) {
        lines.add(rule());
      }
      return lines;
    }

    static String address(Random random) {
      return "10." + random.nextInt(3) + "." + random.nextInt(3) + "." + (1 + random.nextInt(3));
    }

    static String mark(Random random) {
      return random.nextBoolean() ? "0" : "0x" + Integer.toHexString(random.nextInt(8));
    }

    static String inInterface(Random random) {
      return List.of("eni11", "eni12", "eni21").get(random.nextInt(3));
    }

    private String route() {
      String destination = random.nextInt(12) == 0 ? "default" : range();
      String table = " table " + List.of("2", "3", "254").get(random.nextInt(3));
      String metric = " metric " + random.nextInt(3);
      return switch (random.nextInt(8)) {
        case 0 -> "route add blackhole " + destination + table + metric;
        case 1 -> "route add unreachable " + destination + table + metric;
        case 2 -> "route add prohibit " + destination + table + metric;
        case 3 -> "route add throw " + destination + table + metric;
        case 4, 5 -> "route add " + destination + " via 192.168.0.1 dev eth0" + table + metric;
        default -> "route add " + destination + " dev eth1 scope link" + table + metric;
      };
    }

    private String rule() {
      StringBuilder rule = new StringBuilder("rule add prio " + (100 + random.nextInt(2000)));
      rule.append(random.nextInt(6) == 0 ? " not" : "");
      rule.append(" from ").append(random.nextBoolean() ? "all" : range());
      rule.append(random.nextBoolean() ? "" : " to " + range());
      if (random.nextInt(3) == 0) {
        rule.append(" fwmark 0x").append(Integer.toHexString(random.nextInt(8)));
        rule.append(random.nextBoolean() ? "" : "/0x" + Integer.toHexString(random.nextInt(8)));
      }
      rule.append(random.nextInt(3) == 0 ? " iif " + inInterface(random) : "");
      return rule.append(action()).toString();
    }

    private String action() {
      String table = " lookup " + (2 + random.nextInt(2));
      return switch (random.nextInt(12)) {
        case 0 -> " blackhole";
        case 1 -> " prohibit";
        case 2 -> " nop";
        case 3 -> " goto " + (2000 + random.nextInt(500));
        case 4, 5 -> table + " suppress_prefixlength " + (8 + random.nextInt(16));
        default -> table;
      };
    }

    private String range() {
      return switch (random.nextInt(4)) {
        case 0 -> "10." + random.nextInt(3) + ".0.0/16";
        case 1 -> "10." + random.nextInt(3) + "." + random.nextInt(3) + ".0/24";
        case 2 -> "10.0.0.0/8";
        default -> address(random) + "/32";
      };
    }
  }
}
