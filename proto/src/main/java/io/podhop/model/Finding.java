package io.podhop.model;

import java.util.List;
import java.util.Locale;

/**
 * Something on a node that is not as the CNI should have left it.
 *
 * @param id as people write it: {@code missing-rule-512}
 * @param subject what it is about: a pod, an interface, a chain
 * @param sentence what is wrong and what follows from it
 * @param evidence the lines that show it
 * @param advice what to do, in one sentence
 */
public record Finding(
    String id,
    Severity severity,
    String subject,
    String sentence,
    List<Citation> evidence,
    String advice) {
  public Finding {
    evidence = List.copyOf(evidence);
  }

  /** How much it hurts; the worst first. */
  public enum Severity {
    /** Some packets are lost because of it. */
    ERROR,
    /** Nothing need be lost now; it will hurt when something else changes. */
    WARNING;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
