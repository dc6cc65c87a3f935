package io.podhop.agent.audit;

import io.podhop.agent.correlate.NodePart;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.nat.Chain;
import io.podhop.agent.nat.Rule;
import io.podhop.agent.nat.Ruleset;
import io.podhop.agent.nat.Target;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The CNI's rules of iptables and nftables: there, in order, and in the backend that counts. */
final class IptablesChecks {
  static final List<Check> ALL =
      List.of(
          new Check("missing-snat", IptablesChecks::missingSnat),
          new Check("wrong-snat-address", IptablesChecks::wrongSnatAddress),
          new Check("missing-kube-services", IptablesChecks::missingKubeServices),
          new Check("duplicate-jump", IptablesChecks::duplicateJump),
          new Check("other-backend", IptablesChecks::otherBackend),
          new Check("both-backends", IptablesChecks::bothBackends));

  static final String EXTERNAL = "AWS_VPC_K8S_CNI_EXTERNALSNAT";
  static final String RESTART =
      "restart aws-node: ipamd writes its iptables rules when it starts, and later only when the"
          + " VPC's CIDRs change";
  private static final String KUBE_SERVICES = "KUBE-SERVICES";
  private static final String ONE_BACKEND = "the rules of one backend of iptables only were read";

  private IptablesChecks() {}

  /** Also where there is nothing to check: the CNI writes none of this for IPv6 pods. */
  static Optional<AwsRules> rules(NodeFacts node, Remarks remarks) {
    AwsRules rules = new AwsRules(node.nat());
    if (!rules.known()) {
      remarks.notMade(AwsRules.UNREAD);
      return Optional.empty();
    }
    return node.family() == IpFamily.IPV6 ? Optional.empty() : Optional.of(rules);
  }

  /**
   * Whether rules that are not there may be in the other backend, which was not read: the one that
   * was read has none of the CNI's.
   */
  static boolean perhapsInOther(NodeFacts node, AwsRules rules, Remarks remarks) {
    boolean perhaps = rules.in("nat").isEmpty() && rules.in("mangle").isEmpty() && oneUnread(node);
    if (perhaps) {
      remarks.notMade(ONE_BACKEND + ", and it has no rule of the CNI");
    }
    return perhaps;
  }

  private static boolean oneUnread(NodeFacts node) {
    return node.lacks(NodePart.IPTABLES_LEGACY) || node.lacks(NodePart.IPTABLES_NFT);
  }

  private static boolean oneUnread(NodeFacts node, Remarks remarks) {
    if (oneUnread(node)) {
      remarks.notMade(ONE_BACKEND);
    }
    return oneUnread(node);
  }

  private static void missingSnat(NodeFacts node, Remarks remarks) {
    Optional<AwsRules> rules = rules(node, remarks);
    if (rules.isEmpty() || rules.get().translates() || perhapsInOther(node, rules.get(), remarks)) {
      return;
    }
    Optional<Boolean> external = node.setting(EXTERNAL);
    List<Rule> rest = rules.get().in("nat");
    boolean meant = external.filter(is -> !is).isPresent() || !rest.isEmpty();
    if (external.orElse(false)) {
      return;
    }
    if (!meant) {
      remarks.notMade(
          "the node translates nothing, and whether it should ("
              + EXTERNAL
              + "=false) is not known");
      return;
    }
    boolean jump = rules.get().reached("nat", "POSTROUTING").stream().anyMatch(AwsRules::isAws);
    remarks.error(
        "AWS-SNAT-CHAIN-0",
        jump
            ? "the chain does not translate: what pods send outside the VPC keeps an address that"
                + " the internet cannot answer to"
            : "POSTROUTING does not jump to the CNI's SNAT chain: what pods send outside the VPC"
                + " keeps an address that the internet cannot answer to",
        RESTART + "; with a NAT gateway instead, set " + EXTERNAL + "=true",
        rest.stream().limit(4).map(Rule::cite).toList());
  }

  private static void wrongSnatAddress(NodeFacts node, Remarks remarks) {
    Optional<AwsRules> rules = rules(node, remarks);
    if (rules.isEmpty()) {
      return;
    }
    Optional<String> primary = node.primary();
    List<InterfaceAddress> own =
        node.routing().addresses().stream()
            .filter(one -> primary.filter(one.interfaceName()::equals).isPresent())
            .filter(one -> one.address().isIpv4())
            .toList();
    if (own.isEmpty()) {
      remarks.notMade("the addresses of the primary ENI were not read");
      return;
    }
    for (Rule rule : rules.get().snat()) {
      Optional<IpAddress> to = ((Target.Snat) rule.target()).to();
      if (to.isPresent() && own.stream().noneMatch(one -> one.address().equals(to.get()))) {
        remarks.error(
            rule.place().chain(),
            "packets are translated to "
                + to.get()
                + ", which "
                + primary.get()
                + " does not have: EC2 drops them",
            RESTART,
            Cite.joined(
                List.of(rule.cite()), own.stream().map(one -> Cite.note(one.text())).toList()));
      }
    }
  }

  private static void missingKubeServices(NodeFacts node, Remarks remarks) {
    Optional<AwsRules> rules = rules(node, remarks);
    if (rules.isEmpty()) {
      return;
    }
    List<Rule> services =
        node.nat()
            .ipv4()
            .iptables()
            .flatMap(ruleset -> ruleset.chain("nat", KUBE_SERVICES).stream())
            .flatMap(chain -> chain.rules().stream())
            .toList();
    for (String hook : List.of("PREROUTING", "OUTPUT")) {
      boolean jumps =
          rules.get().reached("nat", hook).stream().anyMatch(rule -> jumpsTo(rule, KUBE_SERVICES));
      if (!services.isEmpty() && !jumps) {
        remarks.error(
            hook,
            "nat "
                + hook
                + " does not jump to KUBE-SERVICES: "
                + (hook.equals("OUTPUT") ? "the node itself" : "pods")
                + " cannot use any service",
            "restart kube-proxy",
            services.stream().limit(1).map(Rule::cite).toList());
      }
    }
  }

  static boolean jumpsTo(Rule rule, String chain) {
    return rule.target() instanceof Target.Jump jump && jump.chain().equals(chain);
  }

  private static void duplicateJump(NodeFacts node, Remarks remarks) {
    if (rules(node, remarks).isEmpty()) {
      return;
    }
    Map<String, List<Rule>> alike = new LinkedHashMap<>();
    node.nat()
        .ipv4()
        .iptables()
        .flatMap(Ruleset::rules)
        .filter(AwsRules::isAws)
        .filter(rule -> !rule.place().chain().startsWith("KUBE-"))
        .forEach(
            rule ->
                alike
                    .computeIfAbsent(rule.place() + " " + rule.quote(), _ -> new ArrayList<>())
                    .add(rule));
    alike.values().stream()
        .filter(rules -> rules.size() > 1)
        .forEach(
            rules ->
                remarks.warning(
                    rules.getFirst().place().chain(),
                    "the same rule of the CNI is there " + rules.size() + " times",
                    "`iptables -t "
                        + rules.getFirst().place().table()
                        + " -D` all but the first; old releases appended one at each start",
                    rules.stream().map(Rule::cite).toList()));
  }

  private static boolean holds(Ruleset ruleset, Predicate<Rule> which) {
    return ruleset.rules().anyMatch(which);
  }

  private static boolean isKubes(Rule rule) {
    return rule.place().table().equals("nat") && rule.place().chain().startsWith("KUBE-SVC-")
        || rule.place().chain().equals(KUBE_SERVICES);
  }

  private static boolean isAwsNat(Rule rule) {
    return rule.place().table().equals("nat") && AwsRules.isAws(rule);
  }

  /** #1847: both sets of rules act, in an order that nobody chose. */
  private static void otherBackend(NodeFacts node, Remarks remarks) {
    if (rules(node, remarks).isEmpty() || oneUnread(node, remarks)) {
      return;
    }
    Ruleset legacy = node.nat().legacy();
    Ruleset nft = node.nat().nft();
    for (List<Ruleset> pair : List.of(List.of(legacy, nft), List.of(nft, legacy))) {
      Ruleset ours = pair.getFirst();
      Ruleset theirs = pair.getLast();
      boolean apart =
          holds(ours, IptablesChecks::isAwsNat)
              && !holds(ours, IptablesChecks::isKubes)
              && holds(theirs, IptablesChecks::isKubes)
              && !holds(theirs, IptablesChecks::isAwsNat);
      if (apart) {
        remarks.error(
            name(ours),
            "the CNI's rules are in "
                + name(ours)
                + " and kube-proxy's in "
                + name(theirs)
                + ": which come first is left to chance",
            "update the CNI to 1.13.2 or later, which chooses kubelet's backend, flush the other"
                + " one and restart aws-node",
            first(ours, theirs));
      }
    }
  }

  private static void bothBackends(NodeFacts node, Remarks remarks) {
    if (rules(node, remarks).isEmpty() || oneUnread(node, remarks)) {
      return;
    }
    Ruleset legacy = node.nat().legacy();
    Ruleset nft = node.nat().nft();
    boolean bothOurs =
        holds(legacy, IptablesChecks::isAwsNat) && holds(nft, IptablesChecks::isAwsNat);
    boolean bothTheirs =
        holds(legacy, IptablesChecks::isKubes) && holds(nft, IptablesChecks::isKubes);
    if (bothOurs || bothTheirs) {
      remarks.warning(
          "iptables",
          "both backends hold rules of "
              + (bothOurs ? "the CNI" : "kube-proxy")
              + ": packets meet both, and only one of them is kept current",
          "flush the backend that kubelet does not use (`iptables --version` on the host tells)",
          first(legacy, nft));
    }
  }

  private static List<Citation> first(Ruleset... rulesets) {
    List<Citation> evidence = new ArrayList<>();
    for (Ruleset ruleset : rulesets) {
      ruleset
          .rules()
          .filter(rule -> isAwsNat(rule) || isKubes(rule))
          .findFirst()
          .ifPresent(
              rule -> {
                evidence.add(Cite.note("in " + name(ruleset) + ":"));
                evidence.add(rule.cite());
              });
    }
    return evidence;
  }

  private static String name(Ruleset ruleset) {
    return switch (ruleset.backend()) {
      case LEGACY -> "iptables-legacy";
      case NFT -> "iptables-nft";
      case NATIVE -> "nftables";
    };
  }

  /** Rules of a hook's own chain, in each backend that has it. */
  static Stream<List<Rule>> hooks(NodeFacts node, String table, String hook) {
    return node.nat()
        .ipv4()
        .iptables()
        .flatMap(ruleset -> ruleset.chain(table, hook).stream())
        .map(Chain::rules);
  }
}
