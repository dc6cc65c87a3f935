package io.podhop.collector.export;

import java.net.URI;
import java.net.URISyntaxException;

/** Where an OTLP/gRPC receiver listens. */
public record OtlpEndpoint(String host, int port, boolean tls) {
  /** The port that OTLP/gRPC registered. */
  static final int DEFAULT_PORT = 4317;

  /**
   * Reads {@code http://host:port}, {@code https://host:port} or {@code host:port}.
   *
   * @throws IllegalArgumentException with a sentence for people
   */
  public static OtlpEndpoint parse(String text) {
    try {
      URI uri = new URI(text.contains("://") ? text : "http://" + text);
      boolean tls = "https".equals(uri.getScheme());
      if (uri.getHost() == null || !tls && !"http".equals(uri.getScheme())) {
        throw new IllegalArgumentException(complaint(text));
      }
      return new OtlpEndpoint(uri.getHost(), uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(), tls);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(complaint(text), e);
    }
  }

  private static String complaint(String text) {
    return "not an OTLP endpoint: '" + text + "'; write http://HOST:PORT or HOST:PORT";
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
