package io.podhop.agent.nat;

import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which rules led to a translation that conntrack proves. */
final class ProvenTranslation {
  private ProvenTranslation() {}

  static List<Citation> destination(
      NatSnapshot snapshot, FlowKey before, IpAddress endpoint, int port) {
    for (String hook : List.of("PREROUTING", "OUTPUT")) {
      for (Ruleset ruleset : rules(snapshot, before)) {
        Optional<WalkState> way =
            explain(snapshot, ruleset, hook, before, "").stream()
                .filter(end -> leadsTo(end, endpoint, port))
                .findFirst();
        if (way.isPresent()) {
          return way.get().path.stream()
              .filter(rule -> !isMasqueradeMark(rule))
              .map(Rule::cite)
              .toList();
        }
      }
    }
    return List.of();
  }

  static List<Citation> source(
      NatSnapshot snapshot, FlowKey before, String outInterface, IpAddress after) {
    List<WalkState> ends = new ArrayList<>();
    for (Ruleset ruleset : rules(snapshot, before)) {
      ends.addAll(explain(snapshot, ruleset, "POSTROUTING", before, outInterface));
    }
    boolean unchanged = after.equals(before.source());
    return ends.stream()
        .filter(end -> unchanged ? !end.translated() : becomes(end, after))
        .map(end -> end.path.stream().filter(RuleNames::worthCiting).toList())
        .filter(path -> !path.isEmpty())
        .map(path -> path.getLast().cite())
        .findFirst()
        .map(List::of)
        .orElse(List.of());
  }

  private static List<Ruleset> rules(NatSnapshot snapshot, FlowKey packet) {
    return snapshot.family(packet.source().isIpv4()).iptables().toList();
  }

  private static List<WalkState> explain(
      NatSnapshot snapshot, Ruleset ruleset, String hook, FlowKey packet, String outInterface) {
    NatQuery query = new NatQuery(packet, "", outInterface, Set.of(), 0);
    MatchEvaluator evaluator = MatchEvaluator.explaining(query, snapshot.sets());
    return new ChainWalk(ruleset, "nat", hook, evaluator).through(new WalkState(query));
  }

  private static boolean leadsTo(WalkState end, IpAddress endpoint, int port) {
    return end.translation.isPresent()
        && end.translation.get() instanceof Target.Dnat
        && end.packet.destination().equals(endpoint)
        && (end.packet.protocol().isIcmp() || end.packet.destinationPort() == port);
  }

  private static boolean isMasqueradeMark(Rule rule) {
    return !RuleNames.worthCiting(rule)
        || (rule.target() instanceof Target.Jump jump
            && jump.chain().equals(RuleNames.KUBE_MARK_MASQ));
  }

  private static boolean becomes(WalkState end, IpAddress after) {
    return end.translation
        .map(
            target ->
                target instanceof Target.Masquerade
                    || (target instanceof Target.Snat snat
                        && snat.to().filter(after::equals).isPresent()))
        .orElse(false);
  }
}
