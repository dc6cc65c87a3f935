package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A time during which a released address may not be given out.
 *
 * @param availableAfter when ipamd may give it out again: as logged, else {@link #USUAL} after the
 *     release, else earlier when ipamd restarted, which forgets cooldowns
 * @param leftAt when ipamd noticed that the cooldown is over, which it does only when it looks for
 *     an address; empty when it did not or does not log it
 * @param logged whether ipamd said so (1.21.2 and later); otherwise it follows from the release
 */
public record Cooling(
    IpAddress address,
    Instant from,
    Instant availableAfter,
    Optional<Instant> leftAt,
    boolean logged,
    Citation evidence) {
  /** The default of IP_COOLDOWN_PERIOD, a constant before 1.15. */
  public static final Duration USUAL = Duration.ofSeconds(30);

  /** Whether the address was cooling at the instant; the end is exclusive. */
  public boolean covers(Instant instant) {
    return !instant.isBefore(from) && instant.isBefore(availableAfter);
  }
}
