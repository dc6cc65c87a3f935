package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Apache SkyWalking's OAP server as trace back end: takes OTLP over gRPC, keeps spans in memory and
 * answers on the Zipkin API (v2). Other software than ours decodes what we export.
 */
final class SkyWalking implements AutoCloseable {
  /** Written by the build, from {@code deploy/skywalking/pom.xml}. */
  private static final Path CLASS_PATH = Path.of("target/skywalking.classpath");

  private static final Duration START = Duration.ofSeconds(90);

  private final int otlpPort = Ports.free();
  private final int zipkinPort = Ports.free();
  private final Background server;
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  /** A span of the Zipkin API; times are epoch microseconds, {@code kind} is absent if internal. */
  record Span(
      String traceId,
      String id,
      @Nullable String parentId,
      String name,
      @Nullable String kind,
      long timestamp,
      long duration,
      Endpoint localEndpoint,
      Map<String, String> tags) {
    record Endpoint(String serviceName) {}

    /** The one without a parent. */
    static Span root(List<Span> spans) {
      List<Span> roots = spans.stream().filter(span -> span.parentId() == null).toList();
      assertThat(roots).as("among %s", spans).hasSize(1);
      return roots.getFirst();
    }

    String service() {
      return localEndpoint.serviceName();
    }

    String tag(String key) {
      return tags.getOrDefault(key, "");
    }
  }

  private SkyWalking() throws IOException {
    String config = Path.of("src/test/resources/skywalking").toAbsolutePath().toString();
    server =
        Background.start(
            "skywalking",
            Map.of(
                "OTLP_PORT", Integer.toString(otlpPort),
                "ZIPKIN_PORT", Integer.toString(zipkinPort),
                "REST_PORT", Integer.toString(Ports.free())),
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-Dcom.linecorp.armeria.warnNettyVersions=false",
                "-cp",
                config + ":" + Files.readString(CLASS_PATH).strip(),
                "org.apache.skywalking.oap.server.starter.OAPServerStartUp"));
  }

  /** Begins to start; {@link #awaitReady} returns when it can be asked. */
  static SkyWalking start() {
    try {
      return new SkyWalking();
    } catch (IOException e) {
      throw new UncheckedIOException("`mvn verify` writes " + CLASS_PATH, e);
    }
  }

  void awaitReady() {
    await("SkyWalking answers")
        .atMost(START)
        .pollInterval(Duration.ofMillis(100))
        .failFast("SkyWalking ended", () -> !server.isRunning())
        .until(() -> get("services").isPresent());
  }

  /** For {@code --otlp-endpoint}. */
  String otlpEndpoint() {
    return "http://127.0.0.1:" + otlpPort;
  }

  /** The spans of a trace, once so many nodes have told theirs. */
  List<Span> awaitTrace(String traceId, int nodes) {
    return await("the back end has " + traceId)
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(500))
        .until(
            () -> trace(traceId),
            spans ->
                spans.stream().anyMatch(span -> span.parentId() == null)
                    && spans.stream()
                            .map(span -> span.tag("k8s.node.name"))
                            .filter(node -> !node.isEmpty())
                            .distinct()
                            .count()
                        >= nodes);
  }

  /** All spans of a trace; none when it has not come (yet). */
  List<Span> trace(String traceId) {
    return get("trace/" + traceId)
        .map(body -> JsonMapper.shared().readValue(body, new TypeReference<List<Span>>() {}))
        .orElse(List.of());
  }

  private Optional<String> get(String path) {
    URI uri = URI.create("http://127.0.0.1:" + zipkinPort + "/zipkin/api/v2/" + path);
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build();
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? Optional.of(response.body()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  String log() {
    return server.tail();
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
