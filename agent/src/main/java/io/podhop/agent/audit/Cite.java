package io.podhop.agent.audit;

import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.Sysctls;
import io.podhop.agent.route.Neighbour;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.Route;
import io.podhop.model.Citation;
import io.podhop.model.Citation.Source;
import java.util.List;
import java.util.stream.Stream;

/** Lines of evidence. */
final class Cite {
  private Cite() {}

  static Citation rule(PolicyRule rule) {
    int priority = rule.priority() == PolicyRule.PRIORITY_UNKNOWN ? 0 : rule.priority();
    return new Citation(Source.POLICY_RULE, "rule", priority, rule.text());
  }

  static List<Citation> rules(List<PolicyRule> rules) {
    return rules.stream().map(Cite::rule).toList();
  }

  static Citation route(Route route) {
    return new Citation(Source.ROUTE, route.place(), 0, route.text());
  }

  static List<Citation> routes(List<Route> routes) {
    return routes.stream().map(Cite::route).toList();
  }

  static Citation ipamd(String place, String text) {
    return new Citation(Source.IPAMD, place, 0, text);
  }

  static Citation sysctl(Sysctls sysctls, String key) {
    return new Citation(Source.NOTE, "sysctl", 0, sysctls.cite(key));
  }

  /** As {@code ip neigh} prints it; {@code where} names the namespace when it is not the node's. */
  static Citation neighbour(Neighbour entry, String where) {
    return new Citation(Source.NOTE, "neighbour", 0, "neighbour" + where + ": " + entry.text());
  }

  /** {@code link eth0 in the pod: mtu 9001, up, carrier, 02:…}. */
  static Citation link(Link link, String where) {
    String text =
        "link "
            + link.name()
            + where
            + ": "
            + (link.mtuBytes() > 0 ? "mtu " + link.mtuBytes() + ", " : "")
            + (link.up() ? "up" : "down")
            + (link.up() && !link.carrier() ? ", no carrier" : "")
            + (link.mac().isEmpty() ? "" : ", " + link.mac());
    return new Citation(Source.NOTE, "link", 0, text);
  }

  static Citation note(String text) {
    return new Citation(Source.NOTE, "", 0, text);
  }

  static List<Citation> joined(List<Citation> some, List<Citation> more) {
    return Stream.concat(some.stream(), more.stream()).toList();
  }
}
