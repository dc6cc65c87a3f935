package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.model.Citation;
import io.podhop.model.Ternary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Predicts the kernel's routing decision from a snapshot: rules by priority; in a table the longest
 * prefix, then the lowest metric; a table without a route, or with a {@code throw} route, falls
 * through to the next rule (fib_rules_lookup and fib_table_lookup of the kernel). Cached exceptions
 * and the choice within a multipath route are not predicted. Where what decides is not known, the
 * answer says so, unless it is the same either way.
 */
public final class RoutePredictor {
  /** Rules of which it is not known whether they apply, on one way down. */
  private static final int DOUBT_BOUND = 16;

  private RoutePredictor() {}

  public static RouteDecision predict(RouteSnapshot snapshot, RouteQuery query) {
    return new Walk(snapshot, query).decide(0, 0, 0);
  }

  /** One way down the rules. */
  private static final class Walk {
    private final RouteSnapshot snapshot;
    private final RouteQuery query;
    private final IpFamily family;
    private final RuleMatch match;
    private final List<PolicyRule> rules;

    Walk(RouteSnapshot snapshot, RouteQuery query) {
      this.snapshot = snapshot;
      this.query = query;
      this.family = IpFamily.of(query.destination());
      this.match = new RuleMatch(snapshot, query);
      this.rules = snapshot.rules();
    }

    RouteDecision decide(int first, int resumeFrom, int doubts) {
      int resumeAt = resumeFrom;
      for (int i = first; i < rules.size(); i++) {
        PolicyRule rule = rules.get(i);
        boolean skipped = Integer.compareUnsigned(rule.priority(), resumeAt) < 0;
        if (skipped || rule.family() != family) {
          continue;
        }
        Ternary applies = applies(rule);
        if (applies == Ternary.NO) {
          continue;
        }
        Optional<RouteDecision> decision = apply(rule);
        if (applies == Ternary.UNKNOWN && (decision.isPresent() || jumps(rule))) {
          return doubt(rule, decision, i, resumeAt, doubts);
        }
        if (decision.isPresent()) {
          return decision.get();
        }
        resumeAt = jumps(rule) ? rule.gotoPriority() : resumeAt;
      }
      return new RouteDecision.NoRoute(List.of(note("no rule leads to a route")));
    }

    /** A rule whose place among the others is not known may come too late to apply. */
    private Ternary applies(PolicyRule rule) {
      Ternary applies = match.applies(rule);
      boolean placeless = rule.priority() == PolicyRule.PRIORITY_UNKNOWN;
      return placeless && applies == Ternary.YES ? Ternary.UNKNOWN : applies;
    }

    private static boolean jumps(PolicyRule rule) {
      return rule.action() == RuleAction.GOTO && !rule.detached().target();
    }

    /** The decision is certain only if it is the same whether the rule applies or not. */
    private RouteDecision doubt(
        PolicyRule rule, Optional<RouteDecision> applied, int at, int resumeAt, int doubts) {
      RouteDecision passedOver =
          applied.isEmpty() || doubts >= DOUBT_BOUND
              ? new RouteDecision.NoRoute(List.of())
              : decide(at + 1, resumeAt, doubts + 1);
      if (applied.isPresent() && applied.get().sameAs(passedOver)) {
        return passedOver;
      }
      String because =
          "it is not known whether rule "
              + (rule.priority() == PolicyRule.PRIORITY_UNKNOWN
                  ? "?"
                  : Integer.toUnsignedString(rule.priority()))
              + " applies: "
              + rule.text();
      return new RouteDecision.CannotTell(because, List.of(cite(rule), note(because)));
    }

    /** Empty when the next rule is to be tried. */
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
                    List.of(cite(rule))));
      };
    }

    private Optional<RouteDecision> lookup(PolicyRule rule) {
      for (Route route : snapshot.routes().table(rule.table(), family)) {
        if (!route.destination().contains(query.destination())) {
          continue;
        }
        Ternary fits = fits(route);
        if (fits == Ternary.UNKNOWN) {
          return Optional.of(undecided(rule, route, "it depends on more than is known"));
        }
        if (fits == Ternary.YES) {
          return follow(rule, route);
        }
      }
      return Optional.empty();
    }

    /** Whether the kernel takes the route for this packet, or looks on for another. */
    private Ternary fits(Route route) {
      boolean objectOnly = route.options().nexthopId() != 0 && route.nextHops().isEmpty();
      if (objectOnly && route.type() == RouteType.UNICAST) {
        return Ternary.UNKNOWN;
      }
      int tos = route.options().tos();
      OptionalInt ofPacket = query.transport().tos();
      Ternary ofService =
          tos == 0
              ? Ternary.YES
              : Ternary.of(ofPacket, bits -> (bits & RuleMatch.tosMask(query)) == tos);
      return ofService.and(Ternary.of(route.nextHops().isEmpty() || route.nextHop().isPresent()));
    }

    private Optional<RouteDecision> follow(PolicyRule rule, Route route) {
      return switch (route.type()) {
        case UNICAST, LOCAL, BROADCAST, ANYCAST, MULTICAST -> accepted(rule, route);
        // What a suppressing rule would not accept of other routes, it does of those that drop.
        case BLACKHOLE, UNREACHABLE, PROHIBIT ->
            Optional.of(
                new RouteDecision.Rejected(
                    rule, Optional.of(route), route.type().text(), why(rule, route)));
        case THROW -> Optional.empty();
      };
    }

    private Optional<RouteDecision> accepted(PolicyRule rule, Route route) {
      Ternary suppressed =
          route.destination().prefixLength() <= rule.suppressPrefixLength()
              ? Ternary.YES
              : ofSuppressedGroup(rule, route);
      return switch (suppressed) {
        case YES -> Optional.empty();
        case UNKNOWN -> Optional.of(undecided(rule, route, "the link's group is not known"));
        case NO ->
            route.type() == RouteType.UNICAST
                ? route.nextHop().map(hop -> forward(rule, route, hop))
                : Optional.of(
                    new RouteDecision.Local(
                        rule,
                        route,
                        route.nextHop().map(NextHop::interfaceName).orElse(""),
                        why(rule, route)));
      };
    }

    private Ternary ofSuppressedGroup(PolicyRule rule, Route route) {
      Optional<String> group =
          rule.otherSelectors().stream()
              .filter(selector -> selector.startsWith("suppress_ifgroup "))
              .map(selector -> selector.substring("suppress_ifgroup ".length()))
              .findFirst();
      if (group.isEmpty()) {
        return Ternary.NO;
      }
      OptionalInt ofLink =
          route
              .nextHop()
              .flatMap(hop -> snapshot.link(hop.interfaceName()))
              .map(Link::group)
              .filter(number -> number >= 0)
              .map(OptionalInt::of)
              .orElse(OptionalInt.empty());
      String wanted = group.get().equals("default") ? "0" : group.get();
      return wanted.matches("\\d{1,9}")
          ? Ternary.of(ofLink, number -> number == Integer.parseInt(wanted))
          : Ternary.UNKNOWN;
    }

    private RouteDecision forward(PolicyRule rule, Route route, NextHop hop) {
      List<Citation> why = new ArrayList<>(why(rule, route));
      if (route.nextHops().size() > 1) {
        why.add(
            note("one of " + route.nextHops().size() + " next hops; the kernel chooses by flow"));
      }
      return new RouteDecision.Forward(
          rule,
          route,
          hop.interfaceName(),
          hop.ifindex(),
          hop.gateway(),
          Egress.of(snapshot, route, hop, query.destination()),
          List.copyOf(why));
    }

    private static RouteDecision undecided(PolicyRule rule, Route route, String because) {
      List<Citation> why = new ArrayList<>(why(rule, route));
      why.add(note(because));
      return new RouteDecision.CannotTell(route.text() + ": " + because, List.copyOf(why));
    }

    private static List<Citation> why(PolicyRule rule, Route route) {
      return List.of(
          cite(rule), new Citation(Citation.Source.ROUTE, route.place(), 0, route.text()));
    }

    private static Citation cite(PolicyRule rule) {
      return new Citation(Citation.Source.POLICY_RULE, "rule", rule.priority(), rule.text());
    }

    private static Citation note(String text) {
      return new Citation(Citation.Source.NOTE, "rule", 0, text);
    }
  }
}
