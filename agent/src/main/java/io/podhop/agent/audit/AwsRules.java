package io.podhop.agent.audit;

import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.Chain;
import io.podhop.agent.nat.Match;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.Rule;
import io.podhop.agent.nat.Ruleset;
import io.podhop.agent.nat.Target;
import io.podhop.model.Citation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/** The CNI's own rules for IPv4 in a rule set, in whichever layout its release writes them. */
record AwsRules(NatSnapshot nat) {
  static final String UNREAD = "the node's iptables rules were not read";
  static final int USUAL_MARK = 0x80;
  static final String SNAT_CHAIN = "AWS-SNAT-CHAIN-";
  static final String CONNMARK_CHAIN = "AWS-CONNMARK-CHAIN-";
  static final String NATIVE_TABLE = "aws-cni";
  static final String NATIVE_HOOK = "nat-prerouting";

  /** A node without any table of iptables does not exist: they were not read. */
  boolean known() {
    return nat.ipv4().iptables().anyMatch(ruleset -> !ruleset.tables().isEmpty());
  }

  /** Of both backends and the native table. */
  private Stream<Ruleset> all() {
    return Stream.concat(nat.ipv4().iptables(), Stream.of(nat.nativeTable()));
  }

  static boolean isAws(Rule rule) {
    return rule.place().backend() == Backend.NATIVE
        || rule.place().chain().startsWith("AWS-")
        || rule.comment().startsWith("AWS")
        || rule.target() instanceof Target.Jump jump && jump.chain().startsWith("AWS-");
  }

  /** Those of one table, in order. */
  List<Rule> in(String table) {
    return nat.ipv4()
        .iptables()
        .flatMap(ruleset -> ruleset.chains(table))
        .flatMap(chain -> chain.rules().stream())
        .filter(AwsRules::isAws)
        .toList();
  }

  /** Rules of a table that packets of a hook can come to, of both backends. */
  static List<Rule> reached(Ruleset ruleset, String table, String hook) {
    List<Rule> found = new ArrayList<>();
    Set<String> seen = new HashSet<>(Set.of(hook));
    List<String> open = new ArrayList<>(List.of(hook));
    while (!open.isEmpty()) {
      String name = open.removeLast();
      List<Rule> rules = ruleset.chain(table, name).map(Chain::rules).orElse(List.of());
      found.addAll(rules);
      for (Rule rule : rules) {
        if (rule.target() instanceof Target.Jump jump && seen.add(jump.chain())) {
          open.add(jump.chain());
        }
      }
    }
    return found;
  }

  /** Of both backends. */
  List<Rule> reached(String table, String hook) {
    return nat.ipv4()
        .iptables()
        .flatMap(ruleset -> reached(ruleset, table, hook).stream())
        .toList();
  }

  List<Rule> nativeRules() {
    return reached(nat.nativeTable(), NATIVE_TABLE, NATIVE_HOOK);
  }

  /** Translations by the CNI that packets can come to. */
  List<Rule> snat() {
    return reached("nat", "POSTROUTING").stream()
        .filter(AwsRules::isAws)
        .filter(rule -> rule.target() instanceof Target.Snat)
        .toList();
  }

  boolean translates() {
    return !snat().isEmpty();
  }

  /** The connection mark that the CNI's rules set or restore; empty when none does. */
  OptionalInt mark() {
    return marks().stream().mapToInt(Integer::intValue).findFirst();
  }

  /** All of them; more than one is a fault. */
  Set<Integer> marks() {
    Set<Integer> marks = new HashSet<>();
    for (Rule rule : all().flatMap(Ruleset::rules).filter(AwsRules::isAws).toList()) {
      switch (rule.target()) {
        case Target.SetConnectionMark set -> marks.add(set.value());
        case Target.RestoreMark restore -> marks.add(restore.connectionMask());
        default -> {}
      }
    }
    return marks;
  }

  /** Lines that set or restore the mark. */
  List<Citation> markers() {
    return all()
        .flatMap(Ruleset::rules)
        .filter(AwsRules::isAws)
        .filter(
            rule ->
                rule.target() instanceof Target.SetConnectionMark
                    || rule.target() instanceof Target.RestoreMark)
        .limit(3)
        .map(Rule::cite)
        .toList();
  }

  /** Whether a rule takes packets that come in by such an interface. */
  static boolean comesInBy(Rule rule, String name) {
    return rule.matches().stream()
        .allMatch(
            match ->
                !(match instanceof Match.InInterface in)
                    || in.negated() != matches(in.name(), name));
  }

  private static boolean matches(String pattern, String name) {
    return pattern.endsWith("+")
        ? name.startsWith(pattern.substring(0, pattern.length() - 1))
        : pattern.equals(name);
  }
}
