package io.podhop.agent.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.podhop.model.Flow;
import io.podhop.model.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The endpoint as a scraper sees it. */
class MetricsServerTest {
  private final FlowMetrics flows = new FlowMetrics(100, 2);
  private final MetricsPage page = new MetricsPage(flows);
  private final Increments increments = new Increments(10);
  private final HttpClient client = HttpClient.newHttpClient();
  private MetricsServer server;

  @BeforeEach
  void start() throws IOException {
    for (Metric metric : Metric.values()) {
      if (!metric.name().startsWith("FLOW_C") && metric.ordinal() > Metric.DNS_LOOKUP.ordinal()) {
        String[] labels =
            Collections.nCopies(metric.attributes().size(), "x").toArray(String[]::new);
        page.with(metric, () -> List.of(Sample.of(metric.ordinal(), labels)));
      }
    }
    server = MetricsServer.start(page, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private HttpResponse<String> get(String path, String accept)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .header("Accept", accept)
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private void add(Flow flow) {
    flows.add(increments.of(flow));
  }

  @Test
  void scrape_servesEveryMetricOfTheSchemaAndNoOther() throws Exception {
    add(Flows.tcp(Flows.pod("db"), 5432, Flow.End.CLOSED, 10, 1));
    add(Flows.dns(0));

    HttpResponse<String> response = get("/metrics", "text/plain");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/plain; version=0.0.4");
    Set<String> served = new TreeSet<>();
    response
        .body()
        .lines()
        .filter(line -> line.startsWith("# TYPE "))
        .forEach(line -> served.add(line.split(" ")[2]));
    Set<String> known = new TreeSet<>();
    for (Metric metric : Metric.values()) {
      known.add(metric.prometheusName());
    }
    assertThat(served).isEqualTo(known);
  }

  @Test
  void scrape_values_areThoseCounted() throws Exception {
    add(Flows.tcp(Flows.pod("db"), 5432, Flow.End.CLOSED, 10, 1));
    add(Flows.dns(0));

    String body = get("/metrics", "*/*").body();

    String pair =
        "destination_namespace=\"shop\",destination_port=\"5432\",destination_workload=\"db\",";
    assertThat(body)
        .contains(
            "podhop_flow_bytes_total{"
                + pair
                + "direction=\"request\",network_transport=\"tcp\",source_namespace=\"shop\",source_workload=\"web\"} 1000.0\n")
        .contains("verdict=\"" + Verdict.Id.DELIVERED + "\"} 1.0\n")
        .containsPattern("podhop_tcp_handshake_duration_seconds_bucket\\{.*le=\"0.001\"} 0\n")
        .containsPattern("podhop_tcp_handshake_duration_seconds_bucket\\{.*le=\"0.0025\"} 1\n")
        .containsPattern("podhop_tcp_handshake_duration_seconds_sum\\{.*} 0.002\n")
        .containsPattern(
            "podhop_dns_lookup_duration_seconds_count\\{rcode=\"NOERROR\",source_namespace=\"shop\",source_workload=\"web\"} 1\n");
  }

  @Test
  void scrape_askedForOpenMetrics_answersInIt() throws Exception {
    HttpResponse<String> response =
        get("/metrics", "application/openmetrics-text; version=1.0.0,text/plain;q=0.5");
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/openmetrics-text; version=1.0.0");
    assertThat(response.body()).endsWith("# EOF\n");
  }

  @Test
  void add_moreLatencyLabelsThanBound_sharesOther() throws Exception {
    for (int i = 0; i < 5; i++) {
      add(Flows.tcp(Flows.pod("db" + i), 5432, Flow.End.CLOSED, 1, 0));
    }
    assertThat(get("/metrics", "*/*").body())
        .containsPattern(
            "podhop_tcp_handshake_duration_seconds_count\\{destination_namespace=\"other\".*} 3\n");
  }

  @Test
  void request_notForMetrics_isRefusedInFew() throws Exception {
    assertThat(get("/", "*/*").statusCode()).isEqualTo(404);
    HttpRequest post =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/metrics"))
            .POST(HttpRequest.BodyPublishers.ofString("x"))
            .build();
    assertThat(client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);
  }

  @Test
  void start_portTaken_saysSo() {
    assertThatThrownBy(
            () -> MetricsServer.start(page, new InetSocketAddress("127.0.0.1", server.port())))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot serve metrics on 127.0.0.1:" + server.port());
  }

  @Test
  void clients_thatHoldTheirConnections_doNotKeepOthersOut() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < MetricsServer.MAX_CONNECTIONS / 2; i++) {
        silent.add(new Socket("127.0.0.1", server.port()));
      }
      assertThat(get("/metrics", "*/*").statusCode()).isEqualTo(200);
      for (int i = 0; i < MetricsServer.MAX_CONNECTIONS; i++) {
        silent.add(new Socket("127.0.0.1", server.port()));
      }
      silent.getLast().setSoTimeout(5_000);
      assertThat(silent.getLast().getInputStream().read()).isEqualTo(-1);
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
    await()
        .atMost(5, TimeUnit.SECONDS)
        .ignoreExceptions()
        .until(() -> get("/metrics", "*/*").statusCode() == 200);
  }

  @Test
  void requests_mutated_neverStopTheServer() throws Exception {
    Random random = new Random(42);
    byte[] good =
        "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: text/plain\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 300; i++) {
      byte[] bad = good.clone();
      for (int j = 0; j <= random.nextInt(8); j++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      try (Socket socket = new Socket("127.0.0.1", server.port())) {
        socket.getOutputStream().write(bad);
        socket.shutdownOutput();
      } catch (IOException cutOff) {
        assertThat(cutOff).isNotNull();
      }
    }
    await()
        .atMost(5, TimeUnit.SECONDS)
        .ignoreExceptions()
        .until(() -> get("/metrics", "*/*").statusCode() == 200);
  }
}
