package io.podhop.collector.trace;

import io.podhop.model.Protocol;
import java.time.Duration;
import java.util.Optional;

/**
 * What somebody wants traced.
 *
 * @param port 0 for the service's own, else 80
 * @param count how many probes, or how many connections to watch for
 * @param timeout for each probe, or for the whole watch
 */
public record Ask(
    String source,
    String destination,
    String namespace,
    int port,
    Protocol protocol,
    int count,
    boolean watch,
    Duration timeout) {
  public static final int MAX_COUNT = 1_000;
  static final Duration PROBE_TIMEOUT = Duration.ofSeconds(3);
  static final Duration WATCH_TIMEOUT = Duration.ofSeconds(30);
  static final Duration LONGEST = Duration.ofMinutes(10);

  /** What is wrong with it, for the person who asked; empty when nothing is. */
  public Optional<String> complaint() {
    if (source.isBlank() || destination.isBlank()) {
      return Optional.of("a trace needs a source and a destination");
    }
    if (port < 0 || port > 65_535) {
      return Optional.of("no such port: " + port);
    }
    if (count < 1 || count > MAX_COUNT) {
      return Optional.of("count must be 1 to " + MAX_COUNT + ", not " + count);
    }
    if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(LONGEST) > 0) {
      return Optional.of("timeout must be above 0 and at most " + LONGEST.toMinutes() + " minutes");
    }
    return Optional.empty();
  }

  /** The timeout when none was given. */
  public static Duration defaultTimeout(boolean watch) {
    return watch ? WATCH_TIMEOUT : PROBE_TIMEOUT;
  }
}
