package io.podhop.agent.nat;

import io.podhop.model.Ternary;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes a packet through a base chain and all it jumps to, as x_tables does. Where chance or an
 * unknown decides, both ways are followed.
 */
final class ChainWalk {
  private static final int MAX_ENDS = 4096;
  private static final int MAX_STEPS = 500_000;
  private static final int MAX_DEPTH = 64;

  private final Ruleset ruleset;
  private final String table;
  private final MatchEvaluator evaluator;
  private final Deque<Way> open = new ArrayDeque<>();
  private final List<WalkState> ends = new ArrayList<>();
  private int steps;
  private boolean tooDeep;
  private String policy = "-";
  private final RulePlace base;

  /** A place in a chain, and where its end leads. */
  private record Frame(Chain chain, int next, @Nullable Frame caller, int depth, int pathLength) {
    Frame at(int index) {
      return new Frame(chain, index, caller, depth, pathLength);
    }
  }

  private static final class Way {
    final WalkState state;
    @Nullable Frame frame;

    Way(WalkState state, @Nullable Frame frame) {
      this.state = state;
      this.frame = frame;
    }
  }

  ChainWalk(Ruleset ruleset, String table, String baseChain, MatchEvaluator evaluator) {
    this.ruleset = ruleset;
    this.table = table;
    this.base = new RulePlace(ruleset.backend(), table, baseChain);
    this.evaluator = evaluator;
  }

  /**
   * Every way the packet can end; empty when there are too many to tell, or the rules run in
   * circles. A packet passes unchanged when there is no such chain.
   */
  List<WalkState> through(WalkState start) {
    Optional<Chain> first = ruleset.chain(table, base.chain());
    if (first.isEmpty()) {
      return List.of(start);
    }
    policy = first.get().policy();
    open.push(new Way(start, new Frame(first.get(), 0, null, 0, start.path.size())));
    while (!open.isEmpty()) {
      Way way = open.pop();
      while (way.frame != null) {
        step(way, way.frame);
        steps++;
        if (tooDeep || steps > MAX_STEPS || ends.size() + open.size() > MAX_ENDS) {
          return List.of();
        }
      }
      ends.add(way.state);
    }
    return List.copyOf(ends);
  }

  private void step(Way way, Frame frame) {
    if (frame.next() >= frame.chain().rules().size()) {
      fallOff(way, frame);
      return;
    }
    Rule rule = frame.chain().rules().get(frame.next());
    way.frame = frame.at(frame.next() + 1);
    Ternary answer = evaluator.all(rule.matches(), way.state);
    if (answer == Ternary.NO) {
      noteExemption(way.state, rule);
      return;
    }
    if (answer == Ternary.UNKNOWN && !passes(rule)) {
      fork(way, rule);
    }
    chance(way, rule);
    act(way, frame, rule);
  }

  /** Affinity sends a client where it was sent before: any endpoint, or as if it were new. */
  private void fork(Way way, Rule rule) {
    Way without = new Way(way.state.copy(), way.frame);
    Optional<Match.Recent> affinity = affinity(rule);
    if (affinity.isPresent()) {
      way.state.affinity = affinity;
      way.state.probability = 0;
      without.state.affinity = affinity;
    } else {
      way.state.uncertain = Optional.of(rule);
      without.state.uncertain = Optional.of(rule);
    }
    open.push(without);
  }

  private static Optional<Match.Recent> affinity(Rule rule) {
    boolean endpoint =
        rule.target() instanceof Target.Jump jump && jump.chain().startsWith("KUBE-SEP-");
    for (Match match : rule.matches()) {
      if (endpoint && match instanceof Match.Recent recent && !recent.negated()) {
        return Optional.of(recent);
      }
    }
    return Optional.empty();
  }

  private static boolean passes(Rule rule) {
    return rule.target() instanceof Target.None
        || rule.target() instanceof Target.Other other && other.passes();
  }

  private void chance(Way way, Rule rule) {
    for (Match match : rule.matches()) {
      if (match instanceof Match.Statistic statistic && statistic.probability() < 1) {
        Way otherwise = new Way(way.state.copy(), way.frame);
        otherwise.state.probability *= 1 - statistic.probability();
        way.state.probability *= statistic.probability();
        open.push(otherwise);
      }
    }
  }

  private void act(Way way, Frame frame, Rule rule) {
    if (way.state.mark(rule)) {
      return;
    }
    switch (rule.target()) {
      case Target.Jump jump -> enter(way, frame, rule, jump);
      case Target.Return _ -> {
        way.state.meet(rule, "returns");
        if (RuleNames.exempts(rule)) {
          way.state.path.add(rule);
        }
        leave(way, frame);
      }
      case Target.Drop _ -> refuse(way, rule, "drops");
      case Target.Reject _ -> refuse(way, rule, "rejects");
      case Target.Accept _ -> {
        way.state.meet(rule, "accepts");
        way.state.path.add(rule);
        way.frame = null;
      }
      default -> {
        way.state.path.add(rule);
        Translation.apply(way.state, rule, base.chain(), evaluator.query());
        way.frame = null;
      }
    }
  }

  private void enter(Way way, Frame frame, Rule rule, Target.Jump jump) {
    Optional<Chain> callee = ruleset.chain(table, jump.chain());
    way.state.meet(rule, (jump.returns() ? "jumps to " : "goes to ") + jump.chain());
    if (callee.isEmpty()) {
      way.state.path.add(rule);
      way.state.translation = Optional.of(new Target.Other(jump.chain(), false));
      way.frame = null;
      return;
    }
    tooDeep |= frame.depth() >= MAX_DEPTH;
    boolean fromBase = frame.depth() == 0;
    if (!fromBase) {
      way.state.path.add(rule);
    }
    Frame back = jump.returns() ? frame.at(frame.next() + 1) : frame.caller();
    way.frame = new Frame(callee.get(), 0, back, frame.depth() + 1, way.state.path.size());
  }

  /** The end of a chain that did nothing: the jump into it explains nothing either. */
  private void fallOff(Way way, Frame frame) {
    List<Rule> path = way.state.path;
    if (frame.depth() > 1 && path.size() == frame.pathLength() && !path.isEmpty()) {
      path.removeLast();
    }
    leave(way, frame);
  }

  private void leave(Way way, Frame frame) {
    way.frame = frame.caller();
    if (way.frame == null && policy.equals("DROP")) {
      way.state.refusedByPolicy = Optional.of(base);
    }
  }

  private static void refuse(Way way, Rule rule, String effect) {
    way.state.meet(rule, effect);
    way.state.refusedBy = Optional.of(rule);
    way.state.path.add(rule);
    way.frame = null;
  }

  /** In chained layouts (VPC CNI 1.3 to 1.16.0) not matching {@code ! -d CIDR} is the exemption. */
  private static void noteExemption(WalkState state, Rule rule) {
    boolean chained = rule.target() instanceof Target.Jump jump && jump.chain().startsWith("AWS-");
    boolean inRange =
        rule.matches().stream()
            .anyMatch(
                match ->
                    match instanceof Match.Destination range
                        && range.negated()
                        && range.range().contains(state.packet.destination()));
    if (chained && inRange) {
      state.path.add(rule);
    }
  }
}
