package io.podhop.collector.explain;

import io.podhop.model.DnatChoice;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;

/** What is to be said of the endpoints that might be chosen beside the assumed one. */
final class Backends {
  private Backends() {}

  /**
   * @param choices all endpoints, the assumed one first; empty when there is no choice
   * @param assumed what becomes of a connection to the first
   * @param others those that were followed
   */
  static List<String> notes(List<DnatChoice> choices, Verdict assumed, List<Prediction.To> others) {
    List<String> failing = new ArrayList<>();
    List<String> unclear = new ArrayList<>();
    if (!others.isEmpty()) {
      sort(choices.getFirst(), assumed, true, failing, unclear);
    }
    others.forEach(to -> sort(to.choice(), to.way().verdict(), false, failing, unclear));
    List<String> notes = new ArrayList<>();
    if (!failing.isEmpty()) {
      notes.add(
          "%d of %d backends would fail: %s"
              .formatted(failing.size(), choices.size(), String.join("; ", failing)));
    }
    if (!unclear.isEmpty()) {
      notes.add(
          "of %d of %d backends it cannot be told: %s"
              .formatted(unclear.size(), choices.size(), String.join("; ", unclear)));
    }
    int left = Math.max(0, choices.size() - 1) - others.size();
    if (left > 0) {
      notes.add("%d of %d backends were not followed".formatted(left, choices.size()));
    }
    return notes;
  }

  private static void sort(
      DnatChoice choice,
      Verdict verdict,
      boolean shown,
      List<String> failing,
      List<String> unclear) {
    String cause = shown ? "shown here" : verdict.cause();
    switch (verdict.id().standing()) {
      case DELIVERED -> {}
      case FAILED -> failing.add("%s (%s: %s)".formatted(named(choice), verdict.id(), cause));
      case OPEN -> unclear.add("%s (%s)".formatted(named(choice), cause));
    }
  }

  private static String named(DnatChoice choice) {
    return "%s, chosen with %d %%"
        .formatted(choice.target(), Math.round(choice.probability() * 100));
  }
}
