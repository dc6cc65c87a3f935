package io.podhop.agent.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.RtNames;
import io.podhop.model.IpAddress;
import java.io.IOException;
import java.util.List;
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

  static String describe(RouteDecision decision) {
    return switch (decision) {
      case RouteDecision.Forward forward -> describe(forward.route());
      case RouteDecision.Local local -> describe(local.route());
      case RouteDecision.CannotTell unknown -> unknown.because();
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
  static String normal(String answer) {
    if (answer.startsWith("RTNETLINK answers: ")) {
      return answer;
    }
    String table =
        answer.replaceAll("(?s)^(?!.* table ).*", "main").replaceAll("(?s).* table (\\S+).*", "$1");
    return answer.replaceAll(" table \\S+| iif \\S+| pref medium| linkdown", "").strip()
        + " table "
        + table;
  }
}
