package io.podhop.agent.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The cases for which the oracle test has no namespace, and the wording of citations. */
class RoutePredictorTest {
  private static final IpAddress POD = IpAddress.parse("192.168.1.21");
  private static final IpAddress FAR = IpAddress.parse("192.168.33.7");
  private static final Optional<Cidr> ANY = Optional.empty();
  private static final Optional<IpAddress> GATEWAY = Optional.of(IpAddress.parse("192.168.0.1"));
  private static final NextHop ETH1 = new NextHop(GATEWAY, 3, "eth1", false, false);
  private static final NextHop ETH2 = new NextHop(GATEWAY, 4, "eth2", false, false);
  private static final RouteQuery QUERY = new RouteQuery(POD, FAR, 0, "eni21");
  private static final List<PolicyRule> PORT_RULES =
      List.of(rule(10, ANY, 2, List.of("dport 443")), rule(20, ANY, 3, List.of()));
  private static final List<Route> TWO_DEFAULTS =
      List.of(defaultRoute(2, ETH1), defaultRoute(3, ETH2));

  @Test
  void predict_podOfASecondaryEni_citesRuleAndRoute() {
    RouteDecision decision =
        predict(
            List.of(rule(1536, Optional.of(Cidr.parse("192.168.1.21")), 2, List.of())),
            List.of(defaultRoute(2, ETH1)));

    assertThat(decision)
        .isInstanceOfSatisfying(
            RouteDecision.Forward.class,
            forward -> {
              assertThat(forward.outInterface()).isEqualTo("eth1");
              assertThat(forward.ifindex()).isEqualTo(3);
              assertThat(forward.gateway()).isEqualTo(GATEWAY);
            });
    assertThat(decision.why())
        .containsExactly(
            new Citation(Citation.Source.POLICY_RULE, "rule", 1536, "from 192.168.1.21 lookup 2"),
            new Citation(Citation.Source.ROUTE, "table 2", 0, "default via 192.168.0.1 dev eth1"));
  }

  @Test
  void predict_deadNextHop_nextTableDecides() {
    NextHop dead = new NextHop(GATEWAY, 3, "eth1", false, true);

    RouteDecision decision =
        predict(
            List.of(rule(10, ANY, 2, List.of()), rule(20, ANY, RtNames.TABLE_MAIN, List.of())),
            List.of(defaultRoute(2, dead), defaultRoute(RtNames.TABLE_MAIN, ETH2)));

    assertThat(decision)
        .isInstanceOfSatisfying(
            RouteDecision.Forward.class, f -> assertThat(f.outInterface()).isEqualTo("eth2"));
    assertThat(decision.why().getLast().place()).isEqualTo("table main");
  }

  @Test
  void predict_ruleOnPortsOfUnknownPacket_cannotTellAndSaysTheRule() {
    assertThat(predict(PORT_RULES, TWO_DEFAULTS))
        .isInstanceOfSatisfying(
            RouteDecision.CannotTell.class,
            unknown -> assertThat(unknown.because()).contains("rule 10").contains("dport 443"));
  }

  @Test
  void predict_ruleOnPortsOfKnownPacket_evaluated() {
    assertThat(outInterface(PORT_RULES, TWO_DEFAULTS, tcp(443))).isEqualTo("eth1");
    assertThat(outInterface(PORT_RULES, TWO_DEFAULTS, tcp(80))).isEqualTo("eth2");
  }

  @Test
  void predict_ruleOnPortsThatChangesNothing_decided() {
    List<Route> same = List.of(defaultRoute(2, ETH2), defaultRoute(3, ETH2));

    assertThat(outInterface(PORT_RULES, same, QUERY)).isEqualTo("eth2");
    assertThat(outInterface(PORT_RULES, same.subList(1, 2), QUERY)).isEqualTo("eth2");
  }

  @Test
  void predict_ruleWithoutPriority_cannotTell() {
    List<PolicyRule> rules = RouteText.rules("from 192.168.1.21 lookup 2\n").values();

    assertThat(predict(rules, TWO_DEFAULTS)).isInstanceOf(RouteDecision.CannotTell.class);
    assertThat(predict(rules, List.of())).isInstanceOf(RouteDecision.NoRoute.class);
  }

  @Test
  void predict_routeOfUnreadNexthopObject_cannotTell() {
    RouteText.Parsed<Route> routes = RouteText.routes("default nhid 12 proto static");

    assertThat(predict(List.of(rule(10, ANY, RtNames.TABLE_MAIN, List.of())), routes.values()))
        .isInstanceOf(RouteDecision.CannotTell.class);
  }

  @Test
  void predict_forward_saysWhatMeetsThePacketThere() {
    RouteSnapshot snapshot =
        new RouteSnapshot(
            List.of(new Link(3, "eth1", "", 9001, true, 0, -1, "", 0, false, 0)),
            List.of(new InterfaceAddress(3, "eth1", IpAddress.parse("192.168.0.20"), 24, 0)),
            List.of(rule(10, ANY, RtNames.TABLE_MAIN, List.of())),
            RouteText.routes("default via 192.168.0.1 dev eth1 mtu lock 1400\n").values(),
            RouteText.neighbours("192.168.0.1 dev eth1 FAILED").values(),
            0);

    assertThat(RoutePredictor.predict(snapshot, QUERY))
        .isInstanceOfSatisfying(
            RouteDecision.Forward.class,
            forward -> {
              Egress egress = forward.egress();
              assertThat(egress.mtuBytes()).hasValue(1400);
              assertThat(egress.mtuLocked()).isTrue();
              assertThat(egress.linkUsable()).contains(false);
              assertThat(egress.neighbourFailed()).isTrue();
              assertThat(egress.preferredSource()).contains(IpAddress.parse("192.168.0.20"));
              assertThat(egress.cite())
                  .extracting(Citation::text)
                  .containsExactly(
                      "192.168.0.1 dev eth1 FAILED", "eth1 is up without carrier, mtu 9001");
            });
  }

  @Test
  void predict_multipath_firstNextHopAndSaid() {
    RouteDecision decision =
        predict(List.of(rule(10, ANY, 2, List.of())), List.of(defaultRoute(2, ETH1, ETH2)));

    assertThat(decision).isInstanceOf(RouteDecision.Forward.class);
    assertThat(decision.why().getLast().text()).contains("one of 2 next hops");
  }

  @Test
  void predict_noRuleLeadsAnywhere_noRoute() {
    assertThat(predict(List.of(rule(10, ANY, 2, List.of())), List.of()))
        .isInstanceOf(RouteDecision.NoRoute.class);
  }

  private static RouteQuery tcp(int port) {
    return RouteQuery.of(new FlowKey(Protocol.TCP, POD, 40_000, FAR, port), 0, "eni21");
  }

  private static String outInterface(List<PolicyRule> rules, List<Route> routes, RouteQuery query) {
    RouteSnapshot snapshot = new RouteSnapshot(List.of(), List.of(), rules, routes, List.of(), 0);
    return RoutePredictor.predict(snapshot, query) instanceof RouteDecision.Forward forward
        ? forward.outInterface()
        : "";
  }

  private static RouteDecision predict(List<PolicyRule> rules, List<Route> routes) {
    return RoutePredictor.predict(
        new RouteSnapshot(List.of(), List.of(), rules, routes, List.of(), 0), QUERY);
  }

  private static PolicyRule rule(
      int priority, Optional<Cidr> from, int table, List<String> otherSelectors) {
    return new PolicyRule(
        IpFamily.IPV4,
        priority,
        false,
        from,
        Optional.empty(),
        0,
        0,
        "",
        "",
        RuleAction.LOOKUP,
        table,
        0,
        -1,
        otherSelectors,
        new PolicyRule.Detached(false, false, false));
  }

  private static Route defaultRoute(int table, NextHop... hops) {
    return new Route(
        table,
        RouteType.UNICAST,
        Cidr.parse("0.0.0.0/0"),
        List.of(hops),
        RtNames.SCOPE_GLOBAL,
        RtNames.PROTOCOL_BOOT,
        0,
        Optional.empty(),
        RouteOptions.NONE);
  }
}
