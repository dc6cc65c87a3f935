package io.podhop.agent.nat;

import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the rules of a snapshot do with the first packet of a connection; pure. IPv4 only, as the
 * rule sets are. {@code --limit-iface-in} is taken as met by any of the node's addresses.
 */
public final class NatEvaluator {
  private static final String AMBIGUOUS_ORDER =
      "both iptables backends translate this packet, and which comes first depends on which was"
          + " loaded first";

  private NatEvaluator() {}

  /**
   * Before routing: DNAT and the mark by which the packet will be routed. With an empty {@code
   * inInterface} the packet is the node's own and takes OUTPUT.
   */
  public static NatPrediction prerouting(NatSnapshot snapshot, NatQuery query) {
    String hook = query.inInterface().isEmpty() ? "OUTPUT" : "PREROUTING";
    return predict(snapshot, query, hook);
  }

  /** After routing: SNAT. {@code packet} has its final destination, {@code fwmark} its mark. */
  public static NatPrediction postrouting(NatSnapshot snapshot, NatQuery query) {
    return predict(snapshot, query, "POSTROUTING");
  }

  /** Whether a rule refuses the packet while it is forwarded; never a translation. */
  public static NatPrediction forwarding(NatSnapshot snapshot, NatQuery query) {
    MatchEvaluator evaluator = new MatchEvaluator(query, false);
    List<WalkState> ways = List.of(new WalkState(query.packet(), query.fwmark()));
    for (String table : List.of("mangle", "filter")) {
      ways = stage(snapshot.legacy(), table, "FORWARD", evaluator, ways);
      ways = stage(snapshot.nft(), table, "FORWARD", evaluator, ways);
    }
    return conclude(ways, query);
  }

  /**
   * The rules that rewrote a destination: KUBE-SERVICES, KUBE-SVC and KUBE-SEP, or whatever stands
   * in their place. Empty when the rules no longer lead there.
   *
   * @param before the packet as the client sent it
   * @param endpoint the destination that conntrack proves
   */
  public static List<Citation> citeDnat(
      NatSnapshot snapshot, FlowKey before, IpAddress endpoint, int port) {
    for (String hook : List.of("PREROUTING", "OUTPUT")) {
      for (Ruleset ruleset : List.of(snapshot.legacy(), snapshot.nft())) {
        Optional<WalkState> way =
            explain(ruleset, hook, before, "").stream()
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

  /**
   * The rule that rewrote a source, or the one that exempted it when {@code after} is the source it
   * had; one rule, or none when nothing in the rules explains it.
   *
   * @param before the packet as it was routed: destination already translated
   * @param after the source that conntrack proves
   */
  public static List<Citation> citeSnat(
      NatSnapshot snapshot, FlowKey before, String outInterface, IpAddress after) {
    List<WalkState> ends = new ArrayList<>();
    for (Ruleset ruleset : List.of(snapshot.legacy(), snapshot.nft())) {
      ends.addAll(explain(ruleset, "POSTROUTING", before, outInterface));
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

  private static NatPrediction predict(NatSnapshot snapshot, NatQuery query, String hook) {
    if (!query.packet().source().isIpv4()) {
      return cannotTell(query, "only the rules for IPv4 are read");
    }
    NatPrediction legacyFirst =
        predict(snapshot, query, hook, List.of(snapshot.legacy(), snapshot.nft()));
    boolean bothTranslate =
        snapshot.legacy().chain("nat", hook).isPresent()
            && snapshot.nft().chain("nat", hook).isPresent();
    if (!bothTranslate) {
      return legacyFirst;
    }
    NatPrediction nftFirst =
        predict(snapshot, query, hook, List.of(snapshot.nft(), snapshot.legacy()));
    return legacyFirst.equals(nftFirst) ? legacyFirst : cannotTell(query, AMBIGUOUS_ORDER);
  }

  private static NatPrediction predict(
      NatSnapshot snapshot, NatQuery query, String hook, List<Ruleset> order) {
    MatchEvaluator evaluator = new MatchEvaluator(query, false);
    List<WalkState> ways = List.of(new WalkState(query.packet(), query.fwmark()));
    for (String table : List.of("mangle", "nat")) {
      for (Ruleset ruleset : order) {
        ways = stage(ruleset, table, hook, evaluator, ways);
      }
    }
    if (hook.equals("PREROUTING")) {
      Ruleset own = snapshot.nativeTable();
      ways = stage(own, RuleNames.NATIVE_TABLE, "nat-prerouting", evaluator, ways);
    }
    return conclude(ways, query);
  }

  /** A packet that one nat table translated is not asked again by another of the same hook. */
  private static List<WalkState> stage(
      Ruleset ruleset, String table, String chain, MatchEvaluator evaluator, List<WalkState> ways) {
    List<WalkState> ends = new ArrayList<>();
    for (WalkState way : ways) {
      if (way.refused() || (table.equals("nat") && way.translated())) {
        ends.add(way);
        continue;
      }
      List<WalkState> after = new ChainWalk(ruleset, table, evaluator).through(chain, way.copy());
      if (after.isEmpty()) {
        return List.of();
      }
      ends.addAll(after);
    }
    return ends;
  }

  private static List<WalkState> explain(
      Ruleset ruleset, String hook, FlowKey packet, String outInterface) {
    NatQuery query = new NatQuery(packet, "", outInterface, Set.of(), 0);
    MatchEvaluator evaluator = new MatchEvaluator(query, true);
    return new ChainWalk(ruleset, "nat", evaluator).through(hook, new WalkState(packet, 0));
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

  private static NatPrediction conclude(List<WalkState> ways, NatQuery query) {
    if (ways.isEmpty()) {
      return cannotTell(query, "the rules branch too often, or run in circles");
    }
    WalkState likeliest = likeliest(ways);
    List<NatPrediction.Outcome> outcomes = ways.stream().map(NatEvaluator::outcome).toList();
    long distinct = outcomes.stream().distinct().count();
    Optional<WalkState> uncertain = ways.stream().filter(w -> w.uncertain.isPresent()).findFirst();
    boolean sameMark = ways.stream().allMatch(way -> way.fwmark == likeliest.fwmark);
    if (uncertain.isPresent() && (distinct > 1 || !sameMark)) {
      Rule rule = uncertain.get().uncertain.orElseThrow();
      return cannotTell(query, "it is not known whether this rule matches: " + rule.cite());
    }
    NatPrediction.Outcome first = outcome(likeliest);
    boolean allDnat = outcomes.stream().allMatch(NatPrediction.Dnat.class::isInstance);
    if (distinct > 1 && allDnat) {
      first = new NatPrediction.Dnat(candidates(ways));
    } else if (distinct > 1) {
      return cannotTell(query, "the rules decide at random between different treatments");
    }
    return new NatPrediction(first, likeliest.fwmark, citations(likeliest));
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
    if (way.policyRefused) {
      Citation policy = new Citation(Citation.Source.IPTABLES, "FORWARD", 0, "policy DROP");
      return new NatPrediction.Refused(policy);
    }
    if (way.translation.isEmpty()) {
      return new NatPrediction.NoNat();
    }
    return switch (way.translation.get()) {
      case Target.Snat snat when snat.to().isPresent() -> new NatPrediction.Snat(snat.to().get());
      case Target.Dnat dnat when dnat.to().isPresent() ->
          new NatPrediction.Dnat(candidates(List.of(way)));
      case Target.Masquerade _ -> new NatPrediction.Masquerade();
      case Target other -> new NatPrediction.CannotTell("a target we do not evaluate: " + other);
    };
  }

  private static List<NatPrediction.Candidate> candidates(List<WalkState> ways) {
    Map<FlowKey, NatPrediction.Candidate> byPacket = new LinkedHashMap<>();
    for (WalkState way : ways) {
      NatPrediction.Candidate candidate =
          new NatPrediction.Candidate(
              way.packet.destination(),
              way.packet.destinationPort(),
              way.probability,
              way.fwmark,
              citations(way));
      byPacket.merge(
          way.packet,
          candidate,
          (a, b) ->
              new NatPrediction.Candidate(
                  a.address(),
                  a.port(),
                  a.probability() + b.probability(),
                  a.fwmark(),
                  a.citations()));
    }
    return byPacket.values().stream()
        .sorted(Comparator.comparingDouble(NatPrediction.Candidate::probability).reversed())
        .toList();
  }

  private static List<Citation> citations(WalkState way) {
    return way.path.stream().filter(RuleNames::worthCiting).map(Rule::cite).toList();
  }

  private static NatPrediction cannotTell(NatQuery query, String because) {
    return new NatPrediction(new NatPrediction.CannotTell(because), query.fwmark(), List.of());
  }
}
