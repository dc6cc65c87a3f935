package io.podhop.agent.audit;

import io.podhop.agent.correlate.NodePart;
import io.podhop.agent.nat.Chain;
import io.podhop.agent.nat.Match;
import io.podhop.agent.nat.Rule;
import io.podhop.agent.nat.Target;
import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What pins connections to the primary ENI, and which destinations it leaves alone. */
final class ConnmarkChecks {
  static final List<Check> ALL =
      List.of(
          new Check("missing-connmark", ConnmarkChecks::missing),
          new Check("connmark-order", ConnmarkChecks::order),
          new Check("wrong-mark", ConnmarkChecks::wrongMark),
          new Check("missing-vpc-cidr", ConnmarkChecks::missingVpcCidr));

  private static final String NODE_PORTS = "AWS_VPC_CNI_NODE_PORT_SUPPORT";
  private static final String KUBE_SERVICES = "KUBE-SERVICES";
  private static final Cidr ANYWHERE = Cidr.parse("0.0.0.0/0");

  /** As the host's end of a pod's veth is named unless the prefix is configured. */
  private static final String ANY_VETH = "eni00000000000";

  private ConnmarkChecks() {}

  private static void missing(NodeFacts node, Remarks remarks) {
    Optional<AwsRules> rules = IptablesChecks.rules(node, remarks);
    if (rules.isEmpty()) {
      return;
    }
    AwsRules aws = rules.get();
    if (IptablesChecks.perhapsInOther(node, aws, remarks)) {
      return;
    }
    if (aws.translates() && !beforeConnmark(node) && !marksUnread(node, remarks)) {
      missingInNat(aws, remarks);
    }
    if (node.primary().isEmpty()) {
      remarks.gap("which interface is the primary ENI is not known");
      return;
    }
    boolean nodePorts = inMangle(aws, ConnmarkChecks::setsMark, node.primary().get());
    boolean vlans = inMangle(aws, ConnmarkChecks::restoresMark, "vlan00000000000");
    boolean restores = inMangle(aws, ConnmarkChecks::restoresMark, veth(node));
    if (aws.translates() || nodePorts) {
      String sentence =
          "nothing gives the later packets of pods' connections their mark: those of pods of"
              + " secondary ENIs leave by the wrong ENI, and EC2 drops them";
      missing(remarks, aws, restores, "mangle PREROUTING", sentence);
    }
    // Where node ports are not supported, which is a setting, neither is there.
    if (node.setting(NODE_PORTS).orElse(vlans)) {
      String sentence =
          "nothing marks what arrives at the primary ENI's address: replies of pods of secondary"
              + " ENIs to node ports leave by the wrong ENI, and EC2 drops them";
      missing(remarks, aws, nodePorts, "mangle PREROUTING", sentence);
    }
  }

  /** Where iptables mark nothing, 1.23 and later may do so in nftables. */
  private static boolean marksUnread(NodeFacts node, Remarks remarks) {
    boolean unread = node.lacks(NodePart.NFTABLES) && !node.nat().hasCniMarks();
    if (unread) {
      remarks.gap("nftables were not read, where VPC CNI 1.23 and later marks connections");
    }
    return unread;
  }

  private static void missingInNat(AwsRules aws, Remarks remarks) {
    List<Rule> rules =
        Stream.concat(aws.reached("nat", "PREROUTING").stream(), aws.nativeRules().stream())
            .filter(AwsRules::isAws)
            .toList();
    String unmarked =
        ": from pods of secondary ENIs it leaves by their ENI with the primary's address, and EC2"
            + " drops it";
    missing(
        remarks,
        aws,
        rules.stream().anyMatch(ConnmarkChecks::setsMark),
        "AWS-CONNMARK-CHAIN-0",
        "nothing marks what pods send outside the VPC" + unmarked);
    missing(
        remarks,
        aws,
        rules.stream().anyMatch(ConnmarkChecks::restoresMark),
        "nat PREROUTING",
        "nothing gives the first packet of a connection its mark" + unmarked);
  }

  private static void missing(
      Remarks remarks, AwsRules aws, boolean there, String subject, String sentence) {
    if (!there) {
      List<Citation> rest = new ArrayList<>(aws.markers());
      aws.snat().stream().limit(1).forEach(rule -> rest.add(rule.cite()));
      remarks.error(subject, sentence, IptablesChecks.RESTART, rest);
    }
  }

  /** Up to 1.7, pods' own connections needed no mark: rule 1536 named the VPC. */
  private static boolean beforeConnmark(NodeFacts node) {
    List<Boolean> old =
        node.podAddresses().keySet().stream()
            .flatMap(address -> node.rulesFrom(address).stream())
            .map(rule -> rule.to().isPresent())
            .toList();
    return !old.isEmpty() && old.stream().allMatch(is -> is);
  }

  private static String veth(NodeFacts node) {
    return node.pods().stream()
        .map(pod -> pod.hostVeth())
        .filter(name -> !name.isEmpty() && !name.startsWith("vlan"))
        .findFirst()
        .orElse(ANY_VETH);
  }

  private static boolean inMangle(AwsRules aws, Predicate<Rule> does, String in) {
    return aws.reached("mangle", "PREROUTING").stream()
        .filter(AwsRules::isAws)
        .anyMatch(rule -> does.test(rule) && AwsRules.comesInBy(rule, in));
  }

  private static boolean setsMark(Rule rule) {
    return rule.target() instanceof Target.SetConnectionMark;
  }

  private static boolean restoresMark(Rule rule) {
    return rule.target() instanceof Target.RestoreMark;
  }

  private static void order(NodeFacts node, Remarks remarks) {
    Optional<AwsRules> rules = IptablesChecks.rules(node, remarks);
    if (rules.isEmpty()) {
      return;
    }
    marksUnread(node, remarks);
    IptablesChecks.hooks(node, "nat", "PREROUTING").forEach(chain -> order(chain, remarks));
    Optional<Rule> inIptables =
        rules.get().reached("nat", "PREROUTING").stream()
            .filter(rule -> AwsRules.isAws(rule) && setsMark(rule))
            .findFirst();
    if (node.nat().kubeProxyTables().present() && inIptables.isPresent()) {
      remarks.error(
          "nat PREROUTING",
          "kube-proxy translates in nftables, after iptables has marked packets to services by"
              + " their cluster address: of pods of secondary ENIs they leave by the wrong ENI",
          "update the CNI to 1.23 or later, or run kube-proxy in iptables mode",
          List.of(inIptables.get().cite()));
    }
    Optional<Chain> table =
        node.nat().nativeTable().chain(AwsRules.NATIVE_TABLE, AwsRules.NATIVE_HOOK);
    boolean early =
        table.filter(it -> it.priority().orElse(Chain.DSTNAT + 1) <= Chain.DSTNAT).isPresent();
    if (early) {
      int priority = table.get().priority().getAsInt();
      List<Citation> evidence = new ArrayList<>();
      evidence.add(
          Cite.note(
              "table ip aws-cni, chain nat-prerouting: priority "
                  + priority
                  + "; kube-proxy's DNAT: "
                  + Chain.DSTNAT));
      table.get().rules().forEach(rule -> evidence.add(rule.cite()));
      remarks.error("nat-prerouting", TOO_EARLY, ORDER_ADVICE, evidence);
    }
  }

  private static final String TOO_EARLY =
      "connections are marked before kube-proxy translates them: packets of secondary ENIs' pods to"
          + " a service leave by the primary ENI without translation, and EC2 drops them";
  private static final String ORDER_ADVICE =
      "restart aws-node, which appends its rules behind kube-proxy's, and find out what wrote"
          + " kube-proxy's again behind them";

  private static void order(List<Rule> chain, Remarks remarks) {
    Optional<Rule> marks =
        chain.stream()
            .filter(AwsRules::isAws)
            .filter(
                rule ->
                    setsMark(rule)
                        || rule.target() instanceof Target.Jump jump
                            && jump.chain().startsWith(AwsRules.CONNMARK_CHAIN))
            .findFirst();
    Optional<Rule> services =
        chain.stream()
            .filter(rule -> IptablesChecks.jumpsTo(rule, KUBE_SERVICES))
            .reduce((_, last) -> last);
    if (marks.isPresent()
        && services.isPresent()
        && marks.get().number() < services.get().number()) {
      remarks.error(
          "nat PREROUTING",
          TOO_EARLY,
          ORDER_ADVICE,
          List.of(marks.get().cite(), services.get().cite()));
    }
  }

  private static void wrongMark(NodeFacts node, Remarks remarks) {
    Optional<AwsRules> rules = IptablesChecks.rules(node, remarks);
    if (rules.isPresent()) {
      marksUnread(node, remarks);
    }
    if (rules.isPresent() && rules.get().marks().size() > 1) {
      String marks =
          rules.get().marks().stream()
              .sorted()
              .map(mark -> "0x" + Integer.toHexString(mark))
              .collect(Collectors.joining(" and "));
      remarks.error(
          "connection mark",
          "the CNI's rules do not agree on the mark, they use " + marks,
          IptablesChecks.RESTART + "; AWS_VPC_K8S_CNI_CONNMARK was changed meanwhile",
          rules.get().markers());
    }
  }

  private static void missingVpcCidr(NodeFacts node, Remarks remarks) {
    Optional<AwsRules> rules = IptablesChecks.rules(node, remarks);
    if (rules.isEmpty() || !rules.get().translates()) {
      return;
    }
    List<Rule> snat = rules.get().reached("nat", "POSTROUTING");
    List<Rule> marks =
        Stream.concat(
                rules.get().reached("nat", "PREROUTING").stream(),
                rules.get().nativeRules().stream())
            .toList();
    Set<Cidr> untranslated = exempted(snat);
    Set<Cidr> unmarked = exempted(marks);
    marksUnread(node, remarks);
    boolean both = marks.stream().anyMatch(rule -> AwsRules.isAws(rule) && setsMark(rule));
    for (Cidr range : both ? difference(unmarked, untranslated) : Set.<Cidr>of()) {
      remarks.error(
          "AWS-SNAT-CHAIN-0",
          range
              + " is not exempt from SNAT, though it is from marking: what pods of secondary ENIs"
              + " send there leaves by their ENI with the primary's address, and EC2 drops it",
          IptablesChecks.RESTART,
          cites(snat, marks, range));
    }
    for (Cidr range : both ? difference(untranslated, unmarked) : Set.<Cidr>of()) {
      remarks.error(
          "AWS-CONNMARK-CHAIN-0",
          range
              + " is not exempt from marking, though it is from SNAT: what pods of secondary ENIs"
              + " send there leaves by the primary ENI untranslated, and EC2 drops it",
          IptablesChecks.RESTART,
          cites(snat, marks, range));
    }
    outsideOfAll(node, untranslated, snat, remarks);
  }

  /** The node's own and its pods' addresses are the VPC's, so they must be exempt. */
  private static void outsideOfAll(
      NodeFacts node, Set<Cidr> exempt, List<Rule> snat, Remarks remarks) {
    Set<IpAddress> own = new LinkedHashSet<>(node.podAddresses().keySet());
    node.inventory().enis().forEach(eni -> own.addAll(eni.addresses()));
    for (IpAddress address : own) {
      if (address.isIpv4() && exempt.stream().noneMatch(range -> range.contains(address))) {
        remarks.error(
            "AWS-SNAT-CHAIN-0",
            "no range that is exempt from SNAT has "
                + address
                + ", which is the VPC's: a CIDR of the VPC is missing, and packets inside it are"
                + " translated",
            IptablesChecks.RESTART,
            snat.stream().filter(AwsRules::isAws).limit(4).map(Rule::cite).toList());
        return; // One tells all: the CIDR is the same.
      }
    }
  }

  private static Set<Cidr> difference(Set<Cidr> of, Set<Cidr> without) {
    Set<Cidr> rest = new LinkedHashSet<>(of);
    rest.removeAll(without);
    return rest;
  }

  /** RETURN for a range, or a jump, a mark or a translation of all but a range (before 1.16.2). */
  private static Set<Cidr> exempted(List<Rule> rules) {
    Set<Cidr> ranges = new LinkedHashSet<>();
    rules.stream().filter(AwsRules::isAws).forEach(rule -> exempted(rule).ifPresent(ranges::add));
    return ranges;
  }

  private static Optional<Cidr> exempted(Rule rule) {
    boolean returns = rule.target() instanceof Target.Return;
    boolean other =
        rule.matches().stream().anyMatch(match -> match instanceof Match.AddressType && returns);
    if (other) {
      return Optional.empty(); // "fib daddr type local return" of the native table.
    }
    Optional<Cidr> range =
        rule.matches().stream()
            .filter(match -> match instanceof Match.Destination d && d.negated() != returns)
            .map(match -> ((Match.Destination) match).range())
            .findFirst();
    return range.or(() -> returns ? Optional.of(ANYWHERE) : Optional.empty());
  }

  private static List<Citation> cites(List<Rule> snat, List<Rule> marks, Cidr range) {
    List<Citation> evidence = new ArrayList<>();
    for (List<Rule> rules : List.of(snat, marks)) {
      rules.stream()
          .filter(AwsRules::isAws)
          .filter(rule -> exempted(rule).isPresent())
          .limit(4)
          .forEach(rule -> evidence.add(rule.cite()));
    }
    evidence.add(Cite.note("only one of the chains has " + range));
    return evidence;
  }
}
