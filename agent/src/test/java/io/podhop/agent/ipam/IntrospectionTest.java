package io.podhop.agent.ipam;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IntrospectionTest {
  private static final String ENIS =
      "{\"0\":{\"TotalIPs\":1,\"AssignedIPs\":0,\"ENIs\":{\"eni-7\":{\"ID\":\"eni-7\"}}}}";

  private HttpServer server;
  private final AtomicInteger asked = new AtomicInteger();

  @BeforeEach
  void setUp() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
  }

  @AfterEach
  void tearDown() {
    server.stop(0);
  }

  private URI base() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void serve(String path, int status, String body) {
    server.createContext(
        path,
        exchange -> {
          asked.incrementAndGet();
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
          }
        });
  }

  private IntrospectionSnapshot read(URI... bases) {
    try (Introspection introspection = new Introspection(List.of(bases))) {
      return introspection.read();
    }
  }

  private static URI nobody() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return URI.create("http://127.0.0.1:" + free.getLocalPort());
    }
  }

  @Test
  void read_allEndpoints_enisAndSettings() {
    serve("/v1/enis", 200, ENIS);
    serve("/v1/ipamd-env-settings", 200, "{\"WARM_ENI_TARGET\":\"1\"}");
    serve("/v1/networkutils-env-settings", 200, "{\"AWS_VPC_K8S_CNI_EXTERNALSNAT\":\"false\"}");
    IntrospectionSnapshot snapshot = read(base());

    assertThat(snapshot.enis()).extracting(EniPool::id).containsExactly("eni-7");
    assertThat(snapshot.readAt()).isPresent();
    assertThat(snapshot.settings())
        .containsOnlyKeys("WARM_ENI_TARGET", "AWS_VPC_K8S_CNI_EXTERNALSNAT");
    assertThat(snapshot.warnings()).isEmpty();
  }

  @Test
  void read_onlyTheOldPortAnswers_isUsed() throws IOException {
    serve("/v1/enis", 200, ENIS);
    IntrospectionSnapshot snapshot = read(nobody(), base());

    assertThat(snapshot.enis()).hasSize(1);
    assertThat(snapshot.warnings()).singleElement().asString().contains("/v1/ipamd-env-settings");
  }

  @Test
  void read_nobodyListens_warningNotFailure() throws IOException {
    IntrospectionSnapshot snapshot = read(nobody());

    assertThat(snapshot.readAt()).isEmpty();
    assertThat(snapshot.enis()).isEmpty();
    assertThat(snapshot.warnings()).singleElement().asString().contains("does not answer");
  }

  @Test
  void read_errorStatusOrNonsense_warningSaysWhich() {
    serve("/v1/enis", 500, "no");
    assertThat(read(base()).warnings()).singleElement().asString().contains("HTTP status 500");

    server.removeContext("/v1/enis");
    serve("/v1/enis", 200, "{\"ENIs\":");
    assertThat(read(base()).warnings()).singleElement().asString().contains("not valid JSON");
  }

  @Test
  void read_answerBeyondTheBound_isRefused() {
    serve("/v1/enis", 200, "x".repeat((8 << 20) + 1));

    assertThat(read(base()).warnings()).singleElement().asString().contains("does not answer");
  }

  @Test
  void read_silentServer_givesUp() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      URI silence = URI.create("http://127.0.0.1:" + silent.getLocalPort());

      assertThat(read(silence).warnings()).singleElement().asString().contains("does not answer");
    }
  }
}
