package io.podhop.agent.audit;

import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.PolicyRule;
import io.podhop.model.Citation;
import io.podhop.model.Finding.Severity;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** The policy rules that the plugin writes for each pod, and takes back. */
final class PodRuleChecks {
  static final int TO_POD = 512;
  static final int FROM_POD = 1536;

  static final List<Check> ALL =
      List.of(
          new Check("wiped-rules", PodRuleChecks::wiped),
          new Check("missing-rule-512", PodRuleChecks::missingToPod),
          new Check("missing-rule-1536", PodRuleChecks::missingFromPod),
          new Check("old-rule-1536", PodRuleChecks::oldFromPod),
          new Check("wrong-rule-1536", PodRuleChecks::wrongFromPod),
          new Check("duplicate-rule", PodRuleChecks::duplicates),
          new Check("leaked-rule", PodRuleChecks::leaked));

  private static final String RECREATE =
      "delete the pod so that its controller makes it anew: only the ADD of the CNI plugin writes"
          + " this, a restart of aws-node does not";
  private static final String NO_RULES = "the node's policy rules were not read";

  private PodRuleChecks() {}

  private static boolean unread(NodeFacts node, Remarks remarks) {
    if (!node.rulesKnown()) {
      remarks.notMade(NO_RULES);
    } else if (node.podAddresses().isEmpty() && !node.inventory().warnings().isEmpty()) {
      remarks.gap("no pod of the node is known");
    }
    return !node.rulesKnown();
  }

  private static void wiped(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    long pods =
        node.podAddresses().entrySet().stream()
            .filter(entry -> !node.isStrictBranch(entry.getValue()))
            .count();
    boolean any =
        node.rules().stream()
            .anyMatch(rule -> rule.priority() == TO_POD || rule.priority() == FROM_POD);
    boolean unnumbered =
        node.rules().stream().anyMatch(rule -> rule.priority() == PolicyRule.PRIORITY_UNKNOWN);
    if (pods >= 2 && !any && !unnumbered) {
      remarks.error(
          "node " + node.inventory().node(),
          "no rule of priority 512 or 1536 is left for any of "
              + pods
              + " pod addresses: something has wiped the CNI's policy rules",
          "look for a restart of systemd-networkd (ManageForeignRoutingPolicyRules=no keeps it from"
              + " this) or NetworkManager, then make the node's pods anew",
          Cite.rules(node.rules().stream().limit(8).toList()));
    }
  }

  private static boolean leadsToPod(PolicyRule rule, IpAddress address) {
    return NodeFacts.at(rule, TO_POD)
        && NodeFacts.isLookup(rule)
        && NodeFacts.byAddressOnly(rule)
        && rule.table() == RtNames.TABLE_MAIN
        && rule.from().isEmpty()
        && rule.to().filter(range -> NodeFacts.isHost(range, address)).isPresent();
  }

  private static void missingToPod(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    node.podAddresses()
        .forEach(
            (address, pod) -> {
              boolean there = node.rules().stream().anyMatch(rule -> leadsToPod(rule, address));
              if (!there && !node.isStrictBranch(pod)) {
                List<Citation> instead =
                    Cite.joined(Cite.routes(node.hostRoutes(address)), Cite.rules(others(node)));
                remarks.error(
                    pod.ref().toString(),
                    "no rule 512 `to "
                        + address
                        + " lookup main`: what a pod of a secondary ENI on this node sends to it"
                        + " leaves by that ENI, and loops through the VPC until its TTL is gone",
                    RECREATE,
                    instead);
              }
            });
  }

  /** Rules of pods that take packets which a missing rule 512 should have taken. */
  private static List<PolicyRule> others(NodeFacts node) {
    return node.rules().stream().filter(rule -> rule.priority() == FROM_POD).limit(2).toList();
  }

  /** A rule without destination, as every release since 1.8 writes it. */
  private static List<PolicyRule> plain(NodeFacts node, IpAddress address) {
    return node.rulesFrom(address).stream()
        .filter(rule -> rule.to().isEmpty() && NodeFacts.byAddressOnly(rule))
        .toList();
  }

  private static List<PolicyRule> old(NodeFacts node, IpAddress address) {
    return node.rulesFrom(address).stream().filter(rule -> rule.to().isPresent()).toList();
  }

  private static void missingFromPod(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    node.podAddresses()
        .forEach(
            (address, pod) -> {
              if (node.isStrictBranch(pod) || !node.rulesFrom(address).isEmpty()) {
                return;
              }
              OptionalInt table = node.tableOf(address);
              if (table.isEmpty()) {
                remarks.gap("which ENI has " + address + " of " + pod.ref() + " is not known");
              } else if (table.getAsInt() != RtNames.TABLE_MAIN) {
                missingFromPod(node, address, pod, table.getAsInt(), remarks);
              }
            });
  }

  private static void missingFromPod(
      NodeFacts node, IpAddress address, PodInfo pod, int table, Remarks remarks) {
    List<Citation> evidence = new ArrayList<>(owner(node, address));
    node.rules().stream()
        .filter(rule -> rule.priority() == NodeRuleChecks.MAIN && rule.family() == node.family())
        .forEach(rule -> evidence.add(Cite.rule(rule)));
    evidence.addAll(Cite.routes(node.defaults(RtNames.TABLE_MAIN, node.family())));
    remarks.error(
        pod.ref().toString(),
        "no rule 1536 `from "
            + address
            + " lookup "
            + table
            + "`: its packets leave by the primary ENI with another ENI's address, and EC2 drops"
            + " them",
        RECREATE,
        evidence);
  }

  private static List<Citation> owner(NodeFacts node, IpAddress address) {
    Optional<String> eni = node.eniText(address);
    if (eni.isPresent()) {
      return List.of(Cite.ipamd("/v1/enis", eni.get()));
    }
    return node.allocation(address).map(held -> List.of(held.evidence().began())).orElse(List.of());
  }

  private static void oldFromPod(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    node.podAddresses()
        .forEach(
            (address, pod) -> {
              List<PolicyRule> old = old(node, address);
              if (!old.isEmpty()) {
                boolean covered = !plain(node, address).isEmpty();
                remarks.add(
                    covered ? Severity.WARNING : Severity.ERROR,
                    new Remarks.Fault(
                        pod.ref().toString(),
                        "rule 1536 of "
                            + address
                            + " names a destination, as releases before 1.8 wrote it"
                            + (covered
                                ? "; a rule without one makes up for it"
                                : ": its replies to addresses outside leave by the primary ENI, and"
                                    + " EC2 drops those that are not translated"),
                        "update the CNI if it is older than 1.8, then " + RECREATE,
                        Cite.joined(Cite.rules(old), owner(node, address))));
              }
            });
  }

  private static void wrongFromPod(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    node.podAddresses()
        .forEach(
            (address, pod) -> {
              OptionalInt table = node.tableOf(address);
              if (table.isEmpty() || node.isBranch(pod, address)) {
                return;
              }
              List<PolicyRule> found = node.rulesFrom(address);
              boolean right = found.stream().anyMatch(rule -> rule.table() == table.getAsInt());
              if (!found.isEmpty() && !right) {
                remarks.error(
                    pod.ref().toString(),
                    "rule 1536 of "
                        + address
                        + " leads to table "
                        + RtNames.table(found.getFirst().table())
                        + ", but the ENI that has the address uses table "
                        + RtNames.table(table.getAsInt())
                        + ": EC2 drops what leaves by another",
                    "`ip rule del` the rule if it is a former pod's, else " + RECREATE,
                    Cite.joined(Cite.rules(found), owner(node, address)));
              }
            });
  }

  private static void duplicates(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    Map<String, List<PolicyRule>> alike = new LinkedHashMap<>();
    for (PolicyRule rule : node.rules()) {
      String text = rule.text();
      int action = text.lastIndexOf(" lookup ");
      if (NodeFacts.isLookup(rule) && action > 0) {
        String selectors = rule.family() + " " + rule.priority() + " " + text.substring(0, action);
        alike.computeIfAbsent(selectors, _ -> new ArrayList<>()).add(rule);
      }
    }
    alike.values().stream()
        .filter(rules -> rules.size() > 1)
        .forEach(rules -> duplicate(node, rules, remarks));
  }

  private static void duplicate(NodeFacts node, List<PolicyRule> rules, Remarks remarks) {
    PolicyRule first = rules.getFirst();
    boolean differ = rules.stream().anyMatch(rule -> rule.table() != first.table());
    remarks.add(
        differ ? Severity.ERROR : Severity.WARNING,
        new Remarks.Fault(
            subject(node, first),
            rules.size()
                + " rules of priority "
                + Integer.toUnsignedString(first.priority())
                + " select the same packets"
                + (differ
                    ? " and lead to different tables: the first decides, whichever that is"
                    : ""),
            "`ip rule del` all but the one that the CNI's log names last",
            Cite.rules(rules)));
  }

  /** The address that a rule is about; a pod's rule names one. */
  private static Optional<IpAddress> about(PolicyRule rule) {
    return rule.from()
        .filter(NodeFacts::isHost)
        .or(() -> rule.to().filter(NodeFacts::isHost))
        .map(range -> range.address());
  }

  private static String subject(NodeFacts node, PolicyRule rule) {
    return about(rule)
        .map(address -> node.podOf(address).map(pod -> pod.ref().toString()).orElse("" + address))
        .orElse("rule " + Integer.toUnsignedString(rule.priority()));
  }

  private static void leaked(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    if (!node.routesKnown()) {
      remarks.notMade("the node's routes were not read: which addresses are pods' is not known");
      return;
    }
    Map<IpAddress, List<PolicyRule>> nobodys = new TreeMap<>();
    for (PolicyRule rule : node.rules()) {
      boolean ofPod = NodeFacts.at(rule, TO_POD) || NodeFacts.at(rule, FROM_POD);
      Optional<IpAddress> address = about(rule);
      if (ofPod && address.isPresent() && !node.taken(address.get())) {
        nobodys.computeIfAbsent(address.get(), _ -> new ArrayList<>()).add(rule);
      }
    }
    nobodys.forEach(
        (address, rules) ->
            remarks.warning(
                address.toString(),
                "no pod of this node has the address, but its rules are still there: the next pod"
                    + " that gets it may use the wrong ENI",
                "`ip rule del` them while no pod has the address",
                Cite.rules(rules)));
  }
}
