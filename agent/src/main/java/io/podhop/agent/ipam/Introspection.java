package io.podhop.agent.ipam;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks ipamd's introspection endpoint, which listens on the node's loopback only. Each request may
 * take half a second and answer 8 MiB; an absent endpoint is a warning in the snapshot.
 */
public final class Introspection implements AutoCloseable {
  /** Where ipamd listens since 1.4, and where it did before. */
  public static final List<URI> DEFAULT =
      List.of(URI.create("http://127.0.0.1:61679"), URI.create("http://127.0.0.1:61678"));

  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private static final long MAX_BYTES = 8L << 20;
  private static final List<String> SETTINGS =
      List.of("/v1/ipamd-env-settings", "/v1/networkutils-env-settings");

  private final List<URI> bases;
  private @Nullable HttpClient client;

  /**
   * @param bases tried in order until one answers
   */
  public Introspection(List<URI> bases) {
    this.bases = List.copyOf(bases);
  }

  /** Asks now; blocks for two seconds at most. Never throws for what the other side does. */
  public synchronized IntrospectionSnapshot read() {
    List<String> failures = new ArrayList<>();
    for (URI base : bases) {
      try {
        return settings(base, IntrospectionJson.enis(get(base.resolve("/v1/enis")), Instant.now()));
      } catch (IOException e) {
        failures.add(base.getAuthority() + ": " + e.getMessage());
      }
    }
    IntrospectionSnapshot none = IntrospectionSnapshot.EMPTY;
    return new IntrospectionSnapshot(
        none.readAt(),
        none.enis(),
        none.stats(),
        none.settings(),
        List.of(
            "ipamd's introspection does not answer, so ENI ids and free addresses are not known ("
                + String.join("; ", failures)
                + ")"));
  }

  @Override
  public synchronized void close() {
    if (client != null) {
      client.shutdownNow();
      client = null;
    }
  }

  private IntrospectionSnapshot settings(URI base, IntrospectionSnapshot enis) {
    IntrospectionSnapshot snapshot = enis;
    for (String path : SETTINGS) {
      try {
        snapshot = snapshot.withSettings(get(base.resolve(path)));
      } catch (IOException e) {
        List<String> warnings = new ArrayList<>(snapshot.warnings());
        warnings.add("ipamd's settings are not known: " + path + ": " + e.getMessage());
        return new IntrospectionSnapshot(
            snapshot.readAt(), snapshot.enis(), snapshot.stats(), snapshot.settings(), warnings);
      }
    }
    return snapshot;
  }

  private HttpClient client() {
    HttpClient known = client;
    if (known == null) {
      known =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .connectTimeout(TIMEOUT)
              .proxy(HttpClient.Builder.NO_PROXY)
              .build();
      client = known;
    }
    return known;
  }

  private String get(URI uri) throws IOException {
    CompletableFuture<HttpResponse<byte[]>> answer =
        client()
            .sendAsync(
                HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(),
                HttpResponse.BodyHandlers.limiting(
                    HttpResponse.BodyHandlers.ofByteArray(), MAX_BYTES));
    try {
      HttpResponse<byte[]> response = answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() != 200) {
        throw new IOException("HTTP status " + response.statusCode());
      }
      return new String(response.body(), StandardCharsets.UTF_8);
    } catch (ExecutionException e) {
      throw new IOException(reason(e.getCause()), e);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new IOException("no answer within " + TIMEOUT.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static String reason(@Nullable Throwable cause) {
    if (cause == null) {
      return "no answer";
    }
    String message = cause.getMessage();
    return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }
}
