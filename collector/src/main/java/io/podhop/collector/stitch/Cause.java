package io.podhop.collector.stitch;

import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Why a packet ended where it did, and how well that is known.
 *
 * @param sentence the cause
 * @param lines that say so
 * @param advice what to do, in one sentence
 */
record Cause(Verdict.Id id, String sentence, List<String> lines, String advice, Proof proof) {
  /** How well a cause is known. */
  enum Proof {
    /** The kernel told of this very packet, or what was captured or looked up shows it. */
    ON_RECORD("the cause is on record"),
    /** The rules of the node end the packet exactly where it vanished. */
    BY_RULE("the node's own rules end it there"),
    /** Something of the whole node moved meanwhile, which may have been for others. */
    CANDIDATE("what moved is the whole node's and may have been for others");

    private final String reason;

    Proof(String reason) {
      this.reason = reason;
    }
  }

  Cause {
    lines = List.copyOf(lines);
  }

  /** The same with lines of another finding that agrees. */
  Cause and(List<String> more) {
    List<String> all = new ArrayList<>(lines);
    more.stream().filter(line -> !all.contains(line)).forEach(all::add);
    return new Cause(id, sentence, all, advice, proof);
  }

  /** The same, as well known as that. */
  Cause known(Proof better) {
    return new Cause(id, sentence, lines, advice, better);
  }

  /** What was found by captures alone, with its cause; a place that is not proven stays so. */
  Verdict explain(Verdict found) {
    boolean proven = proof != Proof.CANDIDATE && found.grade() == Grade.PROVEN;
    return new Verdict(
        id,
        found.degraded(),
        found.place(),
        found.direction(),
        sentence,
        joined(lines, found.evidence()),
        proven ? Grade.PROVEN : Grade.UNPROVEN,
        found.gradeReason() + "; " + proof.reason,
        advice);
  }

  /** Lines of both, each once, the first ones first. */
  static List<String> joined(List<String> first, List<String> then) {
    Set<String> all = new LinkedHashSet<>(first);
    all.addAll(then);
    return all.stream().limit(Evidence.MAX_LINES).toList();
  }
}
