package io.podhop.agent.nat;

import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What all ways that a packet may take through a hook have in common. */
final class Conclusion {
  private Conclusion() {}

  static NatPrediction cannotTell(NatQuery query, String because) {
    return new NatPrediction(
        new NatPrediction.CannotTell(because),
        query.fwmark(),
        query.connection(),
        List.of(),
        List.of());
  }

  /** Whether both mean the same for the packet, by whichever rules. */
  static boolean sameEffect(NatPrediction one, NatPrediction other) {
    return one.fwmark() == other.fwmark()
        && one.connection().equals(other.connection())
        && withoutRules(one.outcome()).equals(withoutRules(other.outcome()));
  }

  private static NatPrediction.Outcome withoutRules(NatPrediction.Outcome outcome) {
    return outcome instanceof NatPrediction.Dnat dnat
        ? new NatPrediction.Dnat(
            dnat.candidates().stream()
                .map(
                    c ->
                        new NatPrediction.Candidate(
                            c.address(),
                            c.port(),
                            c.probability(),
                            c.fwmark(),
                            c.connectionMark(),
                            List.of()))
                .toList(),
            dnat.affinitySeconds())
        : outcome;
  }

  static NatPrediction of(NatSnapshot snapshot, NatQuery query, List<WalkState> ways) {
    Optional<String> ipvs = ways.stream().map(Conclusion::ipvs).flatMap(Optional::stream).findAny();
    if (query.connection().first() && ipvs.isPresent()) {
      return cannotTell(
          query, "kube-proxy runs in IPVS mode and may serve this address: " + ipvs.get());
    }
    WalkState likeliest = likeliest(ways);
    List<NatPrediction.Outcome> outcomes = ways.stream().map(Conclusion::outcome).toList();
    boolean one = outcomes.stream().distinct().count() == 1;
    boolean sameMarks =
        ways.stream()
            .allMatch(
                way ->
                    way.fwmark == likeliest.fwmark
                        && way.connectionMark == likeliest.connectionMark
                        && way.untracked == likeliest.untracked);
    Optional<Rule> open =
        ways.stream().map(way -> way.uncertain).flatMap(Optional::stream).findFirst();
    if (open.isPresent() && !(one && sameMarks)) {
      return cannotTell(
          query, "it is not known whether this rule matches: " + doubt(snapshot, open.get()));
    }
    boolean candidates = outcomes.stream().allMatch(NatPrediction.Dnat.class::isInstance);
    if (!candidates && !(one && sameMarks)) {
      return cannotTell(query, "the rules decide at random between different treatments");
    }
    NatPrediction.Outcome outcome = candidates ? dnat(ways) : outcomes.getFirst();
    return new NatPrediction(
        outcome,
        likeliest.fwmark,
        query.connection().after(likeliest),
        citations(likeliest),
        likeliest.steps());
  }

  private static String doubt(NatSnapshot snapshot, Rule rule) {
    for (Match match : rule.matches()) {
      if (match instanceof Match.InSet set && snapshot.sets().named(set.name()).isEmpty()) {
        return rule.cite() + " (" + snapshot.sets().why() + ")";
      }
    }
    return rule.cite().toString();
  }

  /** In this mode kube-proxy's rules ask its sets and IPVS translates, outside of the rules. */
  private static Optional<String> ipvs(WalkState way) {
    for (WalkState.Met met = way.met; met != null; met = met.before()) {
      for (Match match : met.rule().matches()) {
        boolean serves =
            match instanceof Match.InSet set
                && set.name()
                    .matches("KUBE-(6-)?(CLUSTER-IP|EXTERNAL-IP|LOAD-BALANCER|NODE-PORT).*");
        if (serves) {
          return Optional.of(met.rule().cite().toString());
        }
      }
    }
    return Optional.empty();
  }

  private static WalkState likeliest(List<WalkState> ways) {
    WalkState best = ways.getFirst();
    for (WalkState way : ways) {
      if (way.probability > best.probability) {
        best = way;
      }
    }
    return best;
  }

  private static NatPrediction.Outcome outcome(WalkState way) {
    if (way.refusedBy.isPresent()) {
      return new NatPrediction.Refused(way.refusedBy.get().cite());
    }
    if (way.refusedByPolicy.isPresent()) {
      RulePlace place = way.refusedByPolicy.get();
      return new NatPrediction.Refused(
          new Citation(
              Citation.Source.IPTABLES, place.table() + "/" + place.chain(), 0, "policy DROP"));
    }
    if (way.translation.isEmpty()) {
      return new NatPrediction.NoNat();
    }
    return switch (way.translation.get()) {
      case Target.Snat snat when snat.to().isPresent() -> new NatPrediction.Snat(snat.to().get());
      case Target.Dnat dnat when dnat.to().isPresent() -> dnat(List.of(way));
      case Target.Masquerade _ -> new NatPrediction.Masquerade();
      default ->
          new NatPrediction.CannotTell(
              "the target of this rule is not evaluated: " + way.path.getLast().cite());
    };
  }

  private static NatPrediction.Dnat dnat(List<WalkState> ways) {
    Map<FlowKey, NatPrediction.Candidate> byPacket = new LinkedHashMap<>();
    List<WalkState> likeliestFirst = new ArrayList<>(ways);
    likeliestFirst.sort(Comparator.comparingDouble((WalkState way) -> way.probability).reversed());
    for (WalkState way : likeliestFirst) {
      byPacket.merge(
          way.packet,
          new NatPrediction.Candidate(
              way.packet.destination(),
              way.packet.destinationPort(),
              way.probability,
              way.fwmark,
              way.connectionMark,
              citations(way)),
          (a, b) ->
              new NatPrediction.Candidate(
                  a.address(),
                  a.port(),
                  a.probability() + b.probability(),
                  a.fwmark(),
                  a.connectionMark(),
                  a.citations()));
    }
    int seconds =
        ways.stream()
            .flatMap(way -> way.affinity.stream())
            .mapToInt(recent -> Math.max(recent.seconds(), 1))
            .max()
            .orElse(0);
    return new NatPrediction.Dnat(
        byPacket.values().stream()
            .sorted(Comparator.comparingDouble(NatPrediction.Candidate::probability).reversed())
            .toList(),
        seconds);
  }

  private static List<Citation> citations(WalkState way) {
    return way.path.stream().filter(RuleNames::worthCiting).map(Rule::cite).toList();
  }
}
