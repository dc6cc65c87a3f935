package io.podhop.collector.explain;

import io.podhop.model.Protocol;
import java.util.Optional;

/**
 * Whose way to whom somebody wants explained, as typed.
 *
 * @param namespace for ends that name none
 * @param port 0 for the service's own, else 80
 * @param sourcePort 0 for any
 * @param length bytes of the IP packet; 0 for one that is small
 */
public record PathQuestion(
    String source,
    String destination,
    String namespace,
    int port,
    Protocol protocol,
    int sourcePort,
    int length) {
  /** The longest IP packet there is. */
  static final int MAX_LENGTH = 65_535;

  /** What is wrong with it, for the person who asked; empty when nothing is. */
  Optional<String> complaint() {
    if (source.isBlank() || destination.isBlank()) {
      return Optional.of("a way has a source and a destination");
    }
    if (port < 0 || port > 65_535 || sourcePort < 0 || sourcePort > 65_535) {
      return Optional.of("no such port: a port is 1 to 65535");
    }
    return length < 0 || length > MAX_LENGTH
        ? Optional.of("no such length: a packet has at most " + MAX_LENGTH + " bytes")
        : Optional.empty();
  }
}
