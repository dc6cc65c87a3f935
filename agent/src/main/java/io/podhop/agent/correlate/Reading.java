package io.podhop.agent.correlate;

import java.time.Instant;
import java.util.Set;

/**
 * When a node was read, and how completely. What is "still" so, and what cools down, is so at that
 * instant, which is long ago for a support bundle.
 *
 * @param at when
 * @param absent what was not at hand. An empty list in a snapshot means that there is nothing on
 *     the node; of these parts it means that nothing is known
 */
public record Reading(Instant at, Set<NodePart> absent) {
  public Reading {
    absent = Set.copyOf(absent);
  }

  /** Of everything, at this moment. */
  public static Reading now() {
    return new Reading(Instant.now(), Set.of());
  }

  public boolean lacks(NodePart part) {
    return absent.contains(part);
  }
}
