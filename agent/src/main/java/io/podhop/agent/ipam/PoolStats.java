package io.podhop.agent.ipam;

import java.time.Instant;
import java.util.OptionalInt;

/**
 * How full the pool of one network card was.
 *
 * @param total addresses of all its ENIs that pods can have
 * @param assigned of these, held by pods
 * @param cooldown of these, released too recently to be given out; empty when not said
 * @param prefixes delegated prefixes; empty when not said
 */
public record PoolStats(
    Instant at,
    int networkCard,
    int total,
    int assigned,
    OptionalInt cooldown,
    OptionalInt prefixes) {
  boolean sameCounts(PoolStats other) {
    return total == other.total
        && assigned == other.assigned
        && cooldown.equals(other.cooldown)
        && prefixes.equals(other.prefixes);
  }

  /** Nothing is left to give out. */
  public boolean exhausted() {
    return total <= assigned + cooldown.orElse(0);
  }
}
