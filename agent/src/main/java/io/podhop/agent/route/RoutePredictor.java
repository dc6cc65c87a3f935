package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Predicts the kernel's routing decision from a snapshot: rules by priority; in a table the longest
 * prefix, then the lowest metric; a table without a route, or with a {@code throw} route, falls
 * through to the next rule (fib_rules_lookup and fib_table_lookup of the kernel). Cached exceptions
 * and the choice within a multipath route are not predicted.
 */
public final class RoutePredictor {
  private static final String LOOPBACK = "lo";

  private RoutePredictor() {}

  public static RouteDecision predict(RouteSnapshot snapshot, RouteQuery query) {
    return new Walk(snapshot, query).decide();
  }

  /** One way down the rules. */
  private static final class Walk {
    private final RouteSnapshot snapshot;
    private final RouteQuery query;
    private final IpFamily family;
    private final String inInterface;
    private final List<Citation> notes = new ArrayList<>();

    Walk(RouteSnapshot snapshot, RouteQuery query) {
      this.snapshot = snapshot;
      this.query = query;
      this.family = IpFamily.of(query.destination());
      this.inInterface = query.inInterface().isEmpty() ? LOOPBACK : query.inInterface();
    }

    RouteDecision decide() {
      int resumeAt = 0;
      for (PolicyRule rule : snapshot.rules()) {
        boolean skipped = Integer.compareUnsigned(rule.priority(), resumeAt) < 0;
        if (skipped || rule.family() != family || !matches(rule)) {
          continue;
        }
        if (rule.action() == RuleAction.GOTO) {
          resumeAt = rule.detached().target() ? resumeAt : rule.gotoPriority();
          continue;
        }
        Optional<RouteDecision> decision = apply(rule);
        if (decision.isPresent()) {
          return decision.get();
        }
      }
      notes.add(new Citation(Citation.Source.NOTE, "rule", 0, "no rule leads to a route"));
      return new RouteDecision.NoRoute(List.copyOf(notes));
    }

    private boolean matches(PolicyRule rule) {
      boolean selected =
          covers(rule.from(), query.source())
              && covers(rule.to(), query.destination())
              && ((query.fwmark() ^ rule.fwmark()) & rule.fwmarkMask()) == 0
              && (rule.inInterface().isEmpty() || rule.inInterface().equals(inInterface))
              && rule.outInterface().isEmpty();
      if (selected && !rule.otherSelectors().isEmpty()) {
        note("rule " + rule.priority() + " (" + rule.text() + ") not evaluated: depends on more");
        return false;
      }
      return selected != rule.inverted();
    }

    private static boolean covers(Optional<Cidr> range, IpAddress address) {
      return range.isEmpty() || range.get().contains(address);
    }

    private Optional<RouteDecision> apply(PolicyRule rule) {
      return switch (rule.action()) {
        case LOOKUP -> lookup(rule);
        case GOTO, NOP -> Optional.empty();
        case BLACKHOLE, UNREACHABLE, PROHIBIT ->
            Optional.of(
                new RouteDecision.Rejected(
                    rule,
                    Optional.empty(),
                    rule.action().name().toLowerCase(Locale.ROOT),
                    why(rule, Optional.empty())));
      };
    }

    private Optional<RouteDecision> lookup(PolicyRule rule) {
      Optional<Route> best = best(rule.table());
      boolean suppressed =
          best.isPresent()
              && best.get().destination().prefixLength() <= rule.suppressPrefixLength();
      return suppressed ? Optional.empty() : best.flatMap(route -> follow(rule, route));
    }

    private Optional<Route> best(int table) {
      Route best = null;
      for (Route route : snapshot.routes()) {
        boolean candidate =
            route.table() == table
                && route.destination().contains(query.destination())
                && (route.nextHops().isEmpty() || route.nextHop().isPresent());
        if (candidate && (best == null || betterThan(route, best))) {
          best = route;
        }
      }
      return Optional.ofNullable(best);
    }

    private static boolean betterThan(Route route, Route best) {
      int longer = route.destination().prefixLength() - best.destination().prefixLength();
      return longer > 0 || longer == 0 && route.metric() < best.metric();
    }

    private Optional<RouteDecision> follow(PolicyRule rule, Route route) {
      List<Citation> why = why(rule, Optional.of(route));
      return switch (route.type()) {
        case UNICAST -> route.nextHop().map(hop -> forward(rule, route, hop));
        case LOCAL, BROADCAST, ANYCAST, MULTICAST ->
            Optional.of(
                new RouteDecision.Local(
                    rule, route, route.nextHop().map(NextHop::interfaceName).orElse(""), why));
        case BLACKHOLE, UNREACHABLE, PROHIBIT ->
            Optional.of(
                new RouteDecision.Rejected(rule, Optional.of(route), route.type().text(), why));
        case THROW -> Optional.empty();
      };
    }

    private RouteDecision forward(PolicyRule rule, Route route, NextHop hop) {
      if (route.nextHops().size() > 1) {
        note("one of " + route.nextHops().size() + " next hops; the kernel chooses by flow");
      }
      return new RouteDecision.Forward(
          rule,
          route,
          hop.interfaceName(),
          hop.ifindex(),
          hop.gateway(),
          why(rule, Optional.of(route)));
    }

    private List<Citation> why(PolicyRule rule, Optional<Route> route) {
      List<Citation> why = new ArrayList<>();
      why.add(new Citation(Citation.Source.POLICY_RULE, "rule", rule.priority(), rule.text()));
      route.ifPresent(r -> why.add(new Citation(Citation.Source.ROUTE, r.place(), 0, r.text())));
      why.addAll(notes);
      return List.copyOf(why);
    }

    private void note(String text) {
      notes.add(new Citation(Citation.Source.NOTE, "", 0, text));
    }
  }
}
