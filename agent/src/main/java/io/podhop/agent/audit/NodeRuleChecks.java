package io.podhop.agent.audit;

import io.podhop.agent.ipam.EniPool;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.PolicyRule;
import io.podhop.model.Cidr;
import io.podhop.model.EniInfo;
import io.podhop.model.Finding.Severity;
import io.podhop.model.IpAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The policy rules that ipamd and the kernel keep for the whole node, and those of strangers. */
final class NodeRuleChecks {
  static final int FWMARK = 1024;
  static final int MAIN = 32766;
  private static final int DEFAULT = 32767;
  private static final int OF_ENI = 32765;
  private static final int EXTERNAL_SERVICE = 1535;
  private static final int L3MDEV = 1000;
  private static final int LOCAL_IN_STRICT_MODE = 20;
  private static final int FIRST_OF_NM_CLOUD_SETUP = 30200;
  private static final int LAST_OF_NM_CLOUD_SETUP = 30400;

  static final List<Check> ALL =
      List.of(
          new Check("missing-rule-1024", NodeRuleChecks::missingFwmark),
          new Check("missing-rule-32765", NodeRuleChecks::missingOfEni),
          new Check("missing-kernel-rule", NodeRuleChecks::missingKernels),
          new Check("foreign-rule", NodeRuleChecks::foreign),
          new Check("detached-rule", NodeRuleChecks::detached));

  private NodeRuleChecks() {}

  private static boolean unread(NodeFacts node, Remarks remarks) {
    if (!node.rulesKnown()) {
      remarks.notMade("the node's policy rules were not read");
    }
    return !node.rulesKnown();
  }

  private static boolean enisUnread(NodeFacts node, Remarks remarks) {
    if (!node.routesKnown()) {
      remarks.notMade("the node's routes were not read: its ENIs are not known");
    }
    return !node.routesKnown() || unread(node, remarks);
  }

  private static boolean isFwmark(PolicyRule rule) {
    return NodeFacts.at(rule, FWMARK)
        && NodeFacts.isLookup(rule)
        && rule.table() == RtNames.TABLE_MAIN
        && rule.fwmark() != 0
        && rule.from().isEmpty()
        && rule.to().isEmpty()
        && rule.inInterface().isEmpty();
  }

  private static void missingFwmark(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks) || node.family() == IpFamily.IPV6) {
      return;
    }
    AwsRules aws = new AwsRules(node.nat());
    if (!aws.known()) {
      remarks.notMade(AwsRules.UNREAD);
      return;
    }
    OptionalInt mark = aws.mark();
    List<PolicyRule> found = node.rules().stream().filter(NodeRuleChecks::isFwmark).toList();
    if (mark.isEmpty() && !aws.translates()) {
      return; // Nothing is marked: external SNAT, and no node ports.
    }
    int wanted = mark.orElse(AwsRules.USUAL_MARK);
    boolean matches =
        found.stream().anyMatch(rule -> (rule.fwmark() & rule.fwmarkMask()) == wanted);
    if (!matches) {
      remarks.add(
          hasSecondaryPods(node) ? Severity.ERROR : Severity.WARNING,
          new Remarks.Fault(
              "node " + node.inventory().node(),
              "no rule 1024 `fwmark 0x"
                  + Integer.toHexString(wanted)
                  + " lookup main`: what pods of secondary ENIs send outside the VPC, and their"
                  + " replies to node ports, leave by the wrong ENI, and EC2 drops it",
              "restart aws-node: ipamd writes this rule when it starts",
              Cite.joined(Cite.rules(found), aws.markers())));
    }
  }

  private static boolean hasSecondaryPods(NodeFacts node) {
    return node.podAddresses().keySet().stream()
        .map(node::tableOf)
        .anyMatch(table -> table.isPresent() && table.getAsInt() != RtNames.TABLE_MAIN);
  }

  private static boolean isOfEni(PolicyRule rule, IpAddress address, int table) {
    return NodeFacts.at(rule, OF_ENI)
        && NodeFacts.isLookup(rule)
        && rule.table() == table
        && rule.from().filter(range -> NodeFacts.isHost(range, address)).isPresent();
  }

  /** One that leads what has a pod's or an ENI's own address to that ENI. */
  static boolean isOfPodOrEni(PolicyRule rule) {
    boolean priority = NodeFacts.at(rule, PodRuleChecks.FROM_POD) || NodeFacts.at(rule, OF_ENI);
    return priority && isHost(rule.from());
  }

  /** Since 1.20, whose introspection is the first to tell route tables. */
  private static void missingOfEni(NodeFacts node, Remarks remarks) {
    if (enisUnread(node, remarks)) {
      return;
    }
    boolean written =
        node.introspection().enis().stream().anyMatch(eni -> eni.routeTable().isPresent())
            || node.rules().stream().anyMatch(rule -> rule.priority() == OF_ENI);
    if (!written && node.introspection().readAt().isEmpty()) {
      remarks.notMade("ipamd's /v1/enis was not read, and no rule tells that it is 1.20 or later");
      return;
    }
    if (!written) {
      return;
    }
    for (EniInfo eni : node.inventory().enis()) {
      boolean secondary = eni.routeTable() != RtNames.TABLE_MAIN;
      boolean trunk = ofTable(node, eni.routeTable()).filter(EniPool::trunk).isPresent();
      boolean branch = eni.interfaceName().startsWith(NodeFacts.BRANCH_LINK);
      for (IpAddress address : secondary && !trunk && !branch ? eni.addresses() : noAddresses()) {
        if (node.rules().stream().noneMatch(rule -> isOfEni(rule, address, eni.routeTable()))) {
          remarks.warning(
              eni.interfaceName(),
              "no rule 32765 `from "
                  + address
                  + " lookup "
                  + RtNames.table(eni.routeTable())
                  + "`: what the node sends from the ENI's own address leaves by the primary ENI",
              "restart aws-node: ipamd writes this rule when it sets the ENI up",
              Cite.routes(node.defaults(eni.routeTable(), node.family())));
        }
      }
    }
  }

  private static List<IpAddress> noAddresses() {
    return List.of();
  }

  private static Optional<EniPool> ofTable(NodeFacts node, int table) {
    return node.introspection().enis().stream()
        .filter(eni -> NodeFacts.tableOf(eni).equals(OptionalInt.of(table)))
        .findFirst();
  }

  private static void missingKernels(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    Set<Integer> tables = new HashSet<>();
    node.rules().stream()
        .filter(rule -> rule.family() == node.family() && NodeFacts.isLookup(rule))
        .filter(rule -> NodeFacts.byAddressOnly(rule))
        .filter(rule -> rule.from().isEmpty() && rule.to().isEmpty())
        .forEach(rule -> tables.add(rule.table()));
    boolean excerpt =
        node.rules().stream().allMatch(rule -> rule.priority() == PolicyRule.PRIORITY_UNKNOWN);
    for (int table : List.of(RtNames.TABLE_LOCAL, RtNames.TABLE_MAIN)) {
      if (!tables.contains(table) && !excerpt) {
        String name = RtNames.table(table);
        remarks.error(
            "node " + node.inventory().node(),
            "no rule `from all lookup "
                + name
                + "`: table "
                + name
                + " is not used for all packets",
            "`ip rule add lookup " + name + " priority " + (table == RtNames.TABLE_MAIN ? MAIN : 0),
            Cite.rules(node.rules().stream().limit(3).toList()));
      }
    }
  }

  private static void foreign(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    for (PolicyRule rule : node.rules()) {
      if (!isKnown(rule)) {
        boolean cloudSetup =
            rule.priority() >= FIRST_OF_NM_CLOUD_SETUP && rule.priority() <= LAST_OF_NM_CLOUD_SETUP;
        remarks.warning(
            "rule " + Integer.toUnsignedString(rule.priority()),
            cloudSetup
                ? "nm-cloud-setup has written a rule: it changes by which ENI packets leave"
                : "neither the CNI nor the kernel writes this rule: it may send packets elsewhere",
            cloudSetup
                ? "disable nm-cloud-setup.service and nm-cloud-setup.timer, and reboot the node"
                : "find out who wrote it, and whether pods' packets should obey it",
            List.of(Cite.rule(rule)));
      }
    }
  }

  private static boolean isKnown(PolicyRule rule) {
    if (!NodeFacts.isLookup(rule)) {
      return false;
    }
    return switch (rule.priority()) {
      case 0, LOCAL_IN_STRICT_MODE -> rule.table() == RtNames.TABLE_LOCAL;
      case BranchChecks.PRIORITY -> rule.inInterface().startsWith("vlan");
      case PodRuleChecks.TO_POD ->
          rule.table() == RtNames.TABLE_MAIN && isHost(rule.to()) && rule.from().isEmpty();
      case L3MDEV -> rule.otherSelectors().contains("l3mdev");
      case FWMARK -> rule.table() == RtNames.TABLE_MAIN && rule.fwmark() != 0;
      case EXTERNAL_SERVICE -> rule.table() == RtNames.TABLE_MAIN && rule.to().isPresent();
      case PodRuleChecks.FROM_POD, OF_ENI -> isHost(rule.from());
      case MAIN -> rule.table() == RtNames.TABLE_MAIN;
      case DEFAULT -> true;
      case PolicyRule.PRIORITY_UNKNOWN -> true;
      default -> false;
    };
  }

  private static boolean isHost(Optional<Cidr> range) {
    return range.filter(NodeFacts::isHost).isPresent();
  }

  private static void detached(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    for (PolicyRule rule : node.rules()) {
      if (rule.detached().in() || rule.detached().out() || rule.detached().target()) {
        remarks.warning(
            "rule " + Integer.toUnsignedString(Math.max(0, rule.priority())),
            "the rule names an interface or a rule that does not exist: it is left over from a pod"
                + " that is gone, and takes effect again when the name comes back",
            "`ip rule del` it",
            List.of(Cite.rule(rule)));
      }
    }
  }
}
