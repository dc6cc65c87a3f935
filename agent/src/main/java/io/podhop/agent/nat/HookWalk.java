package io.podhop.agent.nat;

import java.util.ArrayList;
import java.util.List;

/** Takes a packet through the tables of one hook, in the order of their priorities. */
final class HookWalk {
  private static final String AMBIGUOUS_ORDER =
      "both iptables backends act on this packet, and which comes first depends on which was"
          + " loaded first";
  private static final String NATIVE_CHAIN = "nat-prerouting";

  /** Priority at which iptables translates destinations (NF_IP_PRI_NAT_DST). */
  private static final int DSTNAT = -100;

  private final NatSnapshot snapshot;
  private final FamilyRules rules;
  private final NatQuery query;
  private final String hook;
  private final MatchEvaluator evaluator;

  HookWalk(NatSnapshot snapshot, NatQuery query, String hook) {
    this.snapshot = snapshot;
    this.rules = snapshot.family(query.isIpv4());
    this.query = query;
    this.hook = hook;
    this.evaluator = new MatchEvaluator(query, snapshot.sets());
  }

  /** One backend's chain of the hook. */
  private record Stage(Ruleset ruleset, String table, String chain) {}

  NatPrediction through(String... tables) {
    List<List<Stage>> orders = new ArrayList<>();
    orders.add(List.of());
    for (String table : tables) {
      orders = extended(orders, table);
    }
    NatPrediction first = through(orders.getFirst());
    for (List<Stage> order : orders.subList(1, orders.size())) {
      if (!Conclusion.sameEffect(first, through(order))) {
        return Conclusion.cannotTell(query, AMBIGUOUS_ORDER);
      }
    }
    return first;
  }

  /** Where both backends hold a table, either may come first; the CNI's own has its priority. */
  private List<List<Stage>> extended(List<List<Stage>> orders, String table) {
    List<Stage> stages = new ArrayList<>();
    for (Ruleset ruleset : List.of(rules.legacy(), rules.nft())) {
      ruleset
          .chain(table, hook)
          .filter(chain -> !chain.rules().isEmpty() || chain.policy().equals("DROP"))
          .ifPresent(_ -> stages.add(new Stage(ruleset, table, hook)));
    }
    boolean beside = table.equals("nat") && hook.equals("PREROUTING");
    List<Stage> own =
        beside
            ? List.of(new Stage(rules.nativeTable(), RuleNames.NATIVE_TABLE, NATIVE_CHAIN))
            : List.of();
    int place = Integer.compare(nativePriority(), DSTNAT);
    List<List<Stage>> extended = new ArrayList<>();
    for (List<Stage> order : orders) {
      for (List<Stage> way :
          stages.size() > 1 ? List.of(stages, stages.reversed()) : List.of(stages)) {
        if (place >= 0) {
          extended.add(joined(order, way, own));
        }
        if (place < 0 || place == 0 && beside) {
          extended.add(joined(order, own, way));
        }
      }
    }
    return extended;
  }

  /**
   * Of the CNI's own chain, which it puts behind kube-proxy's; of equal ones either may be first.
   */
  private int nativePriority() {
    return rules
        .nativeTable()
        .chain(RuleNames.NATIVE_TABLE, NATIVE_CHAIN)
        .map(chain -> chain.priority().orElse(DSTNAT + 1))
        .orElse(DSTNAT + 1);
  }

  private static List<Stage> joined(List<Stage> order, List<Stage> first, List<Stage> second) {
    List<Stage> all = new ArrayList<>(order);
    all.addAll(first);
    all.addAll(second);
    return all;
  }

  private NatPrediction through(List<Stage> stages) {
    List<WalkState> ways = List.of(new WalkState(query));
    for (Stage stage : stages) {
      List<WalkState> ends = new ArrayList<>();
      for (WalkState way : ways) {
        List<WalkState> after = through(stage, way);
        if (after.isEmpty()) {
          return Conclusion.cannotTell(query, "the rules branch too often, or run in circles");
        }
        ends.addAll(after);
      }
      ways = ends;
    }
    return Conclusion.of(snapshot, query, ways);
  }

  private List<WalkState> through(Stage stage, WalkState way) {
    boolean raw = stage.table().equals("raw");
    boolean nat = stage.table().equals("nat") || stage.chain().equals(NATIVE_CHAIN);
    if (way.refused() || (nat && !asksNat(way))) {
      return List.of(way);
    }
    // The loopback interface hands on packets that were tracked when they left.
    boolean beforeTracking = raw && !query.inInterface().equals("lo") && !way.untracked;
    if (beforeTracking) {
      way.state = ConnectionState.State.INVALID;
    }
    List<WalkState> ends =
        new ChainWalk(stage.ruleset(), stage.table(), stage.chain(), evaluator).through(way);
    if (beforeTracking) {
      for (WalkState end : ends) {
        end.state = end.untracked ? end.state : query.connection().state();
      }
    }
    return ends;
  }

  /** The first chain that translates a connection is the last one asked, of all nat chains. */
  private boolean asksNat(WalkState way) {
    return query.connection().first() && way.tracked() && !way.translated();
  }
}
