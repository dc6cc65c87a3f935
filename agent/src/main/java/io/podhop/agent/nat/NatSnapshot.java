package io.podhop.agent.nat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All that rewrites or marks packets on a node, as read at one time. Immutable.
 *
 * @param ipv4 rules for IPv4
 * @param ipv6 rules for IPv6
 * @param sets what rules' {@code --match-set} refers to
 * @param kubeProxyTables kube-proxy's own nftables tables, which are not evaluated
 * @param warnings what could not be read and what follows from it, for people
 */
public record NatSnapshot(
    FamilyRules ipv4,
    FamilyRules ipv6,
    IpSets sets,
    KubeProxyTables kubeProxyTables,
    List<String> warnings) {
  private static final String CONNMARK_CHAIN = "AWS-CONNMARK-CHAIN-";

  public NatSnapshot {
    warnings = List.copyOf(warnings);
  }

  /** The rules for IPv4 only. */
  public NatSnapshot(Ruleset legacy, Ruleset nft, Ruleset nativeTable, List<String> warnings) {
    this(
        new FamilyRules(legacy, nft, nativeTable),
        FamilyRules.EMPTY,
        IpSets.UNREAD,
        KubeProxyTables.ABSENT,
        warnings);
  }

  /** A snapshot of one rule set for IPv4, the others empty. */
  public static NatSnapshot of(Ruleset ruleset) {
    return new NatSnapshot(
        FamilyRules.of(ruleset),
        FamilyRules.EMPTY,
        IpSets.UNREAD,
        KubeProxyTables.ABSENT,
        List.of());
  }

  /** The same snapshot with the native table. */
  public NatSnapshot withNative(Ruleset table) {
    return new NatSnapshot(
        new FamilyRules(legacy(), nft(), table), ipv6, sets, kubeProxyTables, warnings);
  }

  /** The same snapshot with these rules for IPv6. */
  public NatSnapshot withIpv6(FamilyRules rules) {
    return new NatSnapshot(ipv4, rules, sets, kubeProxyTables, warnings);
  }

  /** The same snapshot with these sets. */
  public NatSnapshot withSets(IpSets known) {
    return new NatSnapshot(ipv4, ipv6, known, kubeProxyTables, warnings);
  }

  /** The same snapshot with kube-proxy's own tables. */
  public NatSnapshot withKubeProxy(KubeProxyTables tables) {
    return new NatSnapshot(ipv4, ipv6, sets, tables, warnings);
  }

  /** The rules for IPv4 of the legacy backend. */
  public Ruleset legacy() {
    return ipv4.legacy();
  }

  /** The rules for IPv4 of iptables-nft. */
  public Ruleset nft() {
    return ipv4.nft();
  }

  /** {@code table ip aws-cni}. */
  public Ruleset nativeTable() {
    return ipv4.nativeTable();
  }

  /** The rules that packets of one family meet. */
  FamilyRules family(boolean ofIpv4) {
    return ofIpv4 ? ipv4 : ipv6;
  }

  /** Both iptables backends of both families, legacy first. */
  public Stream<Ruleset> iptables() {
    return Stream.concat(ipv4.iptables(), ipv6.iptables());
  }

  /** A chain of one iptables table in whichever backends and families hold it. */
  Stream<Chain> chains(String table, String name) {
    return iptables().map(ruleset -> ruleset.chain(table, name)).flatMap(Optional::stream);
  }

  /**
   * Whether iptables for IPv4 hold all that can rewrite or mark, so that nftables need not be
   * known: kube-proxy's services and, where the CNI translates, its connection marks are there. Up
   * to 1.22 the CNI keeps them in iptables, from 1.23 on it may keep them in a table of nftables.
   */
  public boolean needsNoNftables() {
    return hasKubeServices() && hasCniMarks();
  }

  /** Whether kube-proxy translates for IPv4 in iptables; if so, it has no tables of nftables. */
  public boolean hasKubeServices() {
    return chainsOfIpv4("KUBE-SERVICES").anyMatch(chain -> !chain.rules().isEmpty());
  }

  /** Whether the connections that the CNI has to mark are marked in iptables, or there are none. */
  public boolean hasCniMarks() {
    boolean translates =
        chainsOfIpv4("POSTROUTING")
            .flatMap(chain -> chain.rules().stream())
            .anyMatch(rule -> leadsTo(rule, "AWS-SNAT-CHAIN"));
    return !translates
        || chainsOfIpv4("PREROUTING")
            .flatMap(chain -> chain.rules().stream())
            .anyMatch(rule -> leadsTo(rule, CONNMARK_CHAIN))
        || ipv4.iptables()
            .flatMap(ruleset -> ruleset.chains("nat"))
            .filter(chain -> chain.name().startsWith(CONNMARK_CHAIN))
            .anyMatch(chain -> !chain.rules().isEmpty());
  }

  private static boolean leadsTo(Rule rule, String prefix) {
    return rule.target() instanceof Target.Jump jump && jump.chain().startsWith(prefix);
  }

  private Stream<Chain> chainsOfIpv4(String name) {
    return ipv4.iptables().flatMap(ruleset -> ruleset.chain("nat", name).stream());
  }

  /** Packet counters of all rules, when they were read with counters. */
  public RuleCounters counters() {
    return RuleCounters.of(Stream.concat(ipv4.all(), ipv6.all()).flatMap(Ruleset::rules));
  }
}
