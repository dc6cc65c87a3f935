package io.podhop.agent.nat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Packets that each rule has matched. Rules are known by place and text, not by number. */
public final class RuleCounters {
  private final Map<Key, Counted> byRule = new HashMap<>();

  private record Key(RulePlace place, String quote) {}

  private record Counted(Rule rule, long packets) {}

  /** A rule whose counter rose, and by how many packets. */
  public record Moved(Rule rule, long packets) {}

  private RuleCounters() {}

  static RuleCounters of(Stream<Rule> rules) {
    RuleCounters counters = new RuleCounters();
    rules.forEach(
        rule ->
            counters.byRule.merge(
                new Key(rule.place(), rule.quote()),
                new Counted(rule, rule.packets()),
                (a, b) -> new Counted(a.rule(), a.packets() + b.packets())));
    return counters;
  }

  /**
   * The rules that refuse packets ({@code DROP} and {@code REJECT}, any table) and refused some
   * since; a rule that did not exist then counts from 0, one that was re-created does as well.
   */
  public List<Moved> refusedSince(RuleCounters earlier) {
    List<Moved> moved = new ArrayList<>();
    byRule.forEach(
        (key, now) -> {
          boolean refuses =
              now.rule().target() instanceof Target.Drop
                  || now.rule().target() instanceof Target.Reject;
          Counted before = earlier.byRule.get(key);
          long base = before == null || before.packets() > now.packets() ? 0 : before.packets();
          if (refuses && now.packets() > base) {
            moved.add(new Moved(now.rule(), now.packets() - base));
          }
        });
    moved.sort((a, b) -> Long.compare(b.packets(), a.packets()));
    return List.copyOf(moved);
  }
}
