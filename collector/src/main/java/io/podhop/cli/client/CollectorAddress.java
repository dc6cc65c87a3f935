package io.podhop.cli.client;

import java.util.Optional;

/**
 * Where the collector listens.
 *
 * @param host a name or an address; IPv6 in brackets
 */
public record CollectorAddress(String host, int port) {
  /** Reads {@code host:port} or {@code [v6]:port}. */
  public static Optional<CollectorAddress> tryParse(String text) {
    int colon = text.lastIndexOf(':');
    String host = text.substring(0, Math.max(0, colon));
    String port = text.substring(colon + 1);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (!bracketed && !host.matches("[^:\\[\\]\\s/]+") || !port.matches("\\d{1,5}")) {
      return Optional.empty();
    }
    int number = Integer.parseInt(port);
    return number < 1 || number > 65535
        ? Optional.empty()
        : Optional.of(new CollectorAddress(host, number));
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
