package io.podhop.agent.audit;

import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** What pods with security groups of their own (branch ENIs) have, in both modes. */
final class BranchChecks {
  /** Of the rules that lead a branch ENI's packets to its own table, in strict mode. */
  static final int PRIORITY = 10;

  static final List<Check> ALL =
      List.of(
          new Check("missing-rule-10", BranchChecks::missingRules),
          new Check("local-rule-first", BranchChecks::localFirst));

  private static final String RECREATE =
      "delete the pod so that its controller makes it anew: the CNI plugin writes this at ADD";

  private BranchChecks() {}

  private static void missingRules(NodeFacts node, Remarks remarks) {
    if (!node.rulesKnown() || !node.linksKnown()) {
      remarks.notMade(
          node.rulesKnown()
              ? "the node's links were not read"
              : "the node's policy rules were not read");
      return;
    }
    for (Link link : node.routing().links()) {
      String vlan = link.name().replaceFirst("^vlan\\.eth\\.", "");
      if (!vlan.equals(link.name()) && vlan.matches("\\d{1,4}")) {
        int table = NodeFacts.BRANCH_TABLES + Integer.parseInt(vlan);
        missingRules(node, link.name(), table, remarks);
      }
    }
  }

  private static void missingRules(NodeFacts node, String link, int table, Remarks remarks) {
    List<String> veths = new ArrayList<>();
    for (Route route : node.routing().table(table)) {
      String device = NodeFacts.device(route);
      if (device.startsWith("vlan") && !device.equals(link)) {
        veths.add(device);
      }
    }
    boolean strict = !veths.isEmpty() || leads(node, link, table);
    if (!strict) {
      return; // Standard mode: rules 512 and 1536, as any pod has.
    }
    for (String in : new TreeSet<>(concat(link, veths))) {
      if (!leads(node, in, table)) {
        remarks.error(
            in,
            "no rule 10 `iif "
                + in
                + " lookup "
                + table
                + "`: packets of the pod with a branch ENI"
                + " take the node's own tables, and its security groups do not apply",
            RECREATE,
            Cite.routes(node.routing().table(table)));
      }
    }
  }

  private static List<String> concat(String link, List<String> veths) {
    List<String> all = new ArrayList<>(veths);
    all.add(link);
    return all;
  }

  private static boolean leads(NodeFacts node, String in, int table) {
    return node.rules().stream()
        .anyMatch(
            rule ->
                NodeFacts.at(rule, PRIORITY)
                    && NodeFacts.isLookup(rule)
                    && rule.table() == table
                    && rule.inInterface().equals(in));
  }

  private static void localFirst(NodeFacts node, Remarks remarks) {
    if (!node.rulesKnown()) {
      remarks.notMade("the node's policy rules were not read");
      return;
    }
    List<PolicyRule> branch =
        node.rules().stream()
            .filter(rule -> rule.priority() == PRIORITY && rule.inInterface().startsWith("vlan"))
            .toList();
    List<PolicyRule> first =
        node.rules().stream()
            .filter(rule -> rule.priority() == 0 && rule.table() == RtNames.TABLE_LOCAL)
            .filter(rule -> rule.family() == node.family() && NodeFacts.byAddressOnly(rule))
            .toList();
    if (!branch.isEmpty() && !first.isEmpty()) {
      remarks.warning(
          "rule 0",
          "table local comes before the rules of branch ENIs: what their pods send to the node"
              + " itself does not pass their security groups",
          "restart aws-node: its init container moves table local to priority 20",
          Cite.joined(Cite.rules(first), Cite.rules(branch.stream().limit(2).toList())));
    }
  }
}
