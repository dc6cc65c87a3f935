package io.podhop.agent.route;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.util.List;
import java.util.Optional;

/** What the routing policy does with a packet, and the lines that say so. */
public sealed interface RouteDecision {
  /** The rule and the route that decided, in that order; notes on what could not be evaluated. */
  List<Citation> why();

  /**
   * It leaves by an interface.
   *
   * @param gateway empty when the destination is on the link
   */
  record Forward(
      PolicyRule rule,
      Route route,
      String outInterface,
      int ifindex,
      Optional<IpAddress> gateway,
      List<Citation> why)
      implements RouteDecision {}

  /** It is for this namespace itself: a local, broadcast, anycast or multicast destination. */
  record Local(PolicyRule rule, Route route, String interfaceName, List<Citation> why)
      implements RouteDecision {}

  /**
   * A rule or a route drops it.
   *
   * @param route the blackhole, unreachable or prohibit route; empty when the rule itself drops
   * @param reason {@code blackhole}, {@code unreachable} or {@code prohibit}
   */
  record Rejected(PolicyRule rule, Optional<Route> route, String reason, List<Citation> why)
      implements RouteDecision {}

  /** No rule leads to a route: the kernel answers "network unreachable". */
  record NoRoute(List<Citation> why) implements RouteDecision {}
}
