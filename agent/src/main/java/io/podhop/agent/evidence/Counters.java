package io.podhop.agent.evidence;

import io.podhop.model.NodeEvidence.CounterChange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What the kernel counts of trouble, of a node and some of its pods, at one moment: by scope as
 * {@link CounterChange} has it, then by name. A counter that does not exist is absent, not zero.
 */
final class Counters {
  static final int MAX_CHANGES = 512;

  /** Loss, refusal, retry. What else is counted moves with every packet, and explains nothing. */
  private static final Pattern TROUBLE =
      Pattern.compile(
          "drop|discard|err|overflow|fail|noroute|noport|invalid|filter|retrans|timeout|prune"
              + "|allowance|exceed|full|toolong|squeeze|limit|rsts|resets|unreach|timeexcd",
          Pattern.CASE_INSENSITIVE);

  /** An amount that rises and falls. */
  private static final String GAUGE = "_available";

  private final Map<String, Map<String, Long>> values;

  Counters(Map<String, Map<String, Long>> values) {
    Map<String, Map<String, Long>> copy = new HashMap<>();
    values.forEach((scope, counters) -> copy.put(scope, Map.copyOf(counters)));
    this.values = Map.copyOf(copy);
  }

  /** The value of every counter of a scope. */
  Map<String, Long> of(String scope) {
    return values.getOrDefault(scope, Map.of());
  }

  /**
   * The counters of trouble that rose, by scope and name, at most {@value #MAX_CHANGES}. One that
   * did not exist before counted from zero, but not when its whole scope is new: an interface that
   * came, for example, with its history. One that fell was reset, and says nothing.
   */
  List<CounterChange> since(Counters before) {
    List<CounterChange> changes = new ArrayList<>();
    values.forEach(
        (scope, counters) -> {
          Map<String, Long> old = before.values.get(scope);
          if (old != null) {
            counters.forEach(
                (name, after) -> {
                  long was = old.getOrDefault(name, 0L);
                  if (was < after && tellsOfTrouble(name)) {
                    changes.add(new CounterChange(scope, name, was, after));
                  }
                });
          }
        });
    changes.sort(Comparator.comparing(CounterChange::scope).thenComparing(CounterChange::name));
    return List.copyOf(changes.subList(0, Math.min(MAX_CHANGES, changes.size())));
  }

  private static boolean tellsOfTrouble(String name) {
    return TROUBLE.matcher(name).find() && !name.endsWith(GAUGE);
  }
}
