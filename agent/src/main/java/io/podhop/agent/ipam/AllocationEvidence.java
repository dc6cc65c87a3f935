package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import java.time.Instant;
import java.util.Optional;

/**
 * What a holding rests on, and how exact its ends are.
 *
 * @param began the line that gave the address, or the first one that says it was held
 * @param ended the line that took it back, or that shows it gone; empty while it is held
 * @param fromAtLeast the holding began at {@code from} or earlier: the logs do not go back so far
 * @param untilAtMost the holding ended at {@code until} or earlier: its release was not logged
 * @param seenAt the last instant at which a source had it held
 */
public record AllocationEvidence(
    Citation began,
    Optional<Citation> ended,
    boolean fromAtLeast,
    boolean untilAtMost,
    Instant seenAt) {
  /** Of one line, with an exact beginning and no end yet. */
  public static AllocationEvidence of(Citation began, Instant from) {
    return new AllocationEvidence(began, Optional.empty(), false, false, from);
  }

  /** A line of ipamd's files. */
  static Citation line(String file, String text) {
    return new Citation(Citation.Source.IPAMD, file, 0, text);
  }
}
