package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Lines of one kind that say why addresses run out, as long as they keep coming.
 *
 * @param count how many lines, not necessarily the same ones
 * @param first the earliest of them
 * @param last the latest
 */
public record Trouble(
    Kind kind, Instant from, Instant to, int count, Citation first, Citation last) {
  /** What a line accuses. */
  public enum Kind {
    INSTANCE_LIMIT,
    SUBNET_EMPTY,
    FRAGMENTED,
    /** ipamd waits after one of the two before; the line does not say which. */
    SUBNET_BACKOFF,
    THROTTLED,
    UNAUTHORIZED,
    TRUNK,
    IPAMD_DOWN,
    VERSION_SKEW
  }

  /** The back-off after a full subnet is two minutes, and EC2 is asked again after it. */
  static final Duration LASTING = Duration.ofMinutes(5);

  static Trouble of(Kind kind, Instant at, Citation line) {
    return new Trouble(kind, at, at, 1, line, line);
  }

  /** What it is by itself a reason of. */
  public Exhaustion accuses() {
    return ExhaustionFinder.of(kind, first.equals(last) ? List.of(first) : List.of(first, last));
  }

  /** Whether a line at the instant continues this one rather than beginning another. */
  boolean near(Instant at) {
    return !at.isBefore(from.minus(LASTING)) && !at.isAfter(to.plus(LASTING));
  }

  Trouble with(Instant at, Citation line) {
    return new Trouble(
        kind,
        at.isBefore(from) ? at : from,
        at.isAfter(to) ? at : to,
        count + 1,
        at.isBefore(from) ? line : first,
        at.isBefore(to) ? last : line);
  }
}
