package io.podhop.agent.route;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.util.List;
import java.util.Optional;

/** What the routing policy does with a packet, and the lines that say so. */
public sealed interface RouteDecision {
  /** The rule and the route that decided, in that order; then notes. */
  List<Citation> why();

  /** Whether both send the packet the same way, for whatever reason. */
  default boolean sameAs(RouteDecision other) {
    return switch (this) {
      case Forward mine ->
          other instanceof Forward theirs
              && mine.outInterface().equals(theirs.outInterface())
              && mine.gateway().equals(theirs.gateway())
              && mine.egress().equals(theirs.egress());
      case Local mine ->
          other instanceof Local theirs && mine.route().type() == theirs.route().type();
      case Rejected mine ->
          other instanceof Rejected theirs && mine.reason().equals(theirs.reason());
      case NoRoute _ -> other instanceof NoRoute;
      case CannotTell _ -> false;
    };
  }

  /**
   * It leaves by an interface.
   *
   * @param gateway empty when the destination is on the link
   * @param egress what meets it there
   */
  record Forward(
      PolicyRule rule,
      Route route,
      String outInterface,
      int ifindex,
      Optional<IpAddress> gateway,
      Egress egress,
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

  /**
   * What the snapshot or the query says is too little.
   *
   * @param because what is not known, in one sentence
   */
  record CannotTell(String because, List<Citation> why) implements RouteDecision {}
}
