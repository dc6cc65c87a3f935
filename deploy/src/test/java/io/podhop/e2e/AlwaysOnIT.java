package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.e2e.SkyWalking.Span;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What nobody asked for beforehand. Some connections take a minute until they count as over: they
 * are begun before the first test, and looked for in the last ones.
 */
@ExtendWith(ClusterLogs.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AlwaysOnIT {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final Duration IDLE = Duration.ofSeconds(75);
  private static final int BYTES = 1_000_000;

  /** RFC 1035 4.1.1. */
  private static final int NXDOMAIN = 3;

  private static SkyWalking backEnd;
  private static Cluster cluster;
  private static String db;

  @BeforeAll
  static void start() {
    backEnd = SkyWalking.start();
    cluster =
        Cluster.start(
            Lab.Backend.NFT_CONNMARK_IPTABLES,
            List.of("--sample", "100%"),
            "--otlp-endpoint",
            backEnd.otlpEndpoint());
    db = cluster.lab().status().pod(LabPods.DB).ip();
    cluster.lab().fault("sg-drop", LabPods.CART, LabPods.DB);
    curl(LabPods.CART, db + ":8080", "--connect-timeout", "1");
    echo(LabPods.PAY);
    backEnd.awaitReady();
  }

  @AfterAll
  static void stop() {
    cluster.close();
    backEnd.close();
  }

  /** Six bytes there and back, over UDP. */
  private static void echo(String pod) {
    cluster
        .lab()
        .exec(
            pod, "bash", "-c", "exec 3<>/dev/udp/%s/7; echo hello >&3; head -c 6 <&3".formatted(db))
        .orFail();
  }

  private static Command.Result curl(String pod, String url, String... options) {
    List<String> words = new ArrayList<>(List.of("curl", "-s", "-o", "/dev/null"));
    words.addAll(List.of(options));
    words.add(url);
    return cluster.lab().exec(pod, words.toArray(String[]::new));
  }

  private static List<FlowLine> flows(String... options) {
    List<String> words = new ArrayList<>(List.of("--last", "500"));
    words.addAll(List.of(options));
    return FlowLine.read(cluster.podhop("flows", words.toArray(String[]::new)).await().orFail());
  }

  /** The flow of one connection at the pod that began it, when there is one, and no second one. */
  private static FlowLine atSource(String pod, Predicate<FlowLine> wanted, String... options) {
    List<FlowLine> found =
        await("a flow of " + pod)
            .atMost(IDLE)
            .pollInterval(Duration.ofMillis(500))
            .until(
                () ->
                    flows(options).stream()
                        .filter(flow -> flow.isAtSource(pod))
                        .filter(wanted)
                        .toList(),
                lines -> !lines.isEmpty());
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  @Test
  @Order(1)
  void flows_ofLiveConnections_areNamedJudgedAndThereOnce() {
    curl(LabPods.API, db + ":8080/bytes/" + BYTES).orFail();
    curl(LabPods.API, "10.100.0.54:5432").orFail();
    cluster.lab().exec(LabPods.API, "dig", "+short", "nxdomain.shop").orFail();
    assertThat(curl(LabPods.API, db + ":9999").exitCode()).isEqualTo(7);

    FlowLine direct = atSource(LabPods.API, flow -> flow.tuple().destinationPort() == 8080);
    assertThat(direct.verdict()).isEqualTo("delivered");
    assertThat(direct.end()).isEqualTo("closed");
    assertThat(direct.destination().address()).isEqualTo(db);
    // The HTTP header and what TCP had to send again come on top.
    assertThat(direct.reply().payloadBytes()).isBetween((long) BYTES, BYTES + BYTES / 10L);
    assertThat(direct.rttNs()).isPositive();
    assertThat(direct.mode()).isEqualTo("headers");
    assertThat(direct.dropped()).isZero();

    FlowLine service = atSource(LabPods.API, flow -> flow.tuple().destinationPort() == 5432);
    assertThat(service.verdict()).isEqualTo("delivered");
    assertThat(service.destination().label()).contains("shop/db");
    assertThat(service.tuple().destination()).isEqualTo("10.100.0.54");

    FlowLine refused = atSource(LabPods.API, flow -> flow.tuple().destinationPort() == 9999);
    assertThat(refused.verdict()).isEqualTo("refused");
    assertThat(refused.cause()).contains("RST").contains(db);

    FlowLine query = atSource(LabPods.API, flow -> flow.dns() != null);
    assertThat(query.verdict()).isEqualTo("dns-failed");
    assertThat(query.dns().name()).isEqualTo("nxdomain.shop");
    assertThat(query.dns().rcode()).isEqualTo(NXDOMAIN);
    assertThat(query.destination().label()).contains("infra/dns");
  }

  @Test
  @Order(2)
  void flows_filtered_showsThoseAlone() {
    assertThat(flows("--verdict", "refused"))
        .isNotEmpty()
        .allSatisfy(flow -> assertThat(flow.verdict()).isEqualTo("refused"));
    assertThat(flows("--port", "9999"))
        .isNotEmpty()
        .allSatisfy(flow -> assertThat(flow.tuple().destinationPort()).isEqualTo(9999));
    assertThat(flows("--from", LabPods.API))
        .isNotEmpty()
        .allSatisfy(flow -> assertThat(flow.source().label()).isEqualTo(LabPods.API));
    assertThat(flows("--protocol", "udp", "--from", LabPods.API)).isNotEmpty();
    assertThat(flows("--verdict", "delivered", "--port", "9999")).isEmpty();
  }

  @Test
  @Order(3)
  void traceOfRefused_wasExportedUnasked() {
    FlowLine refused = atSource(LabPods.API, flow -> flow.tuple().destinationPort() == 9999);

    List<Span> spans = backEnd.awaitTrace(refused.traceId(), 1);

    assertThat(Span.root(spans).tags())
        .containsKey("error")
        .containsEntry("podhop.verdict.id", "refused")
        .containsEntry("podhop.capture.mode", "headers")
        .containsEntry("source.k8s.pod.name", "api-5b8d9c7f44-q8w2z")
        .containsKey("podhop.tcp.mss");
  }

  @Test
  @Order(4)
  void traceOfHealthy_whenSampled_hasBothNodes() {
    FlowLine direct = atSource(LabPods.API, flow -> flow.tuple().destinationPort() == 8080);

    List<Span> spans = backEnd.awaitTrace(direct.traceId(), 2);

    assertThat(Span.root(spans).tags())
        .doesNotContainKey("error")
        .containsEntry("podhop.verdict.id", "delivered")
        .containsEntry("podhop.capture.mode", "headers")
        .containsKeys("podhop.tcp.mss", "podhop.tcp.rtt_ns");
    Set<String> known = new HashSet<>(SpanSchema.read().names());
    spans.forEach(
        span ->
            span.tags().keySet().stream()
                .filter(key -> key.startsWith("podhop."))
                .forEach(key -> assertThat(known).contains(key)));
  }

  @Test
  @Order(5)
  void follow_showsAConnectionAsItEnds_untilInterrupted() {
    try (Background follow =
        cluster.podhopInBackground("flows", "--follow", "--from", LabPods.WEB)) {
      await("a connection shows")
          .atMost(BOUND)
          .pollInterval(Duration.ofSeconds(1))
          .until(
              () -> {
                curl(LabPods.WEB, db + ":8080").orFail();
                return FlowLine.read(follow.log()).stream()
                    .anyMatch(flow -> flow.isAtSource(LabPods.WEB));
              });
      // As Ctrl-C does; but SIGINT is ignored by whatever a background shell has started.
      Command.run(List.of("kill", "-TERM", Long.toString(follow.handle().pid()))).orFail();
      await("follow ends").atMost(BOUND).until(() -> !follow.isRunning());
      assertThat(follow.tail()).contains("ended with 143");
    }
  }

  @Test
  @Order(6)
  void top_whileTrafficGoes_listsThePairWithWhatItMoved() {
    Command top = cluster.podhop("top", "--once", "--interval", "7s");
    curl(LabPods.WEB, db + ":8080/bytes/" + BYTES).orFail();

    JsonNode report = JsonMapper.shared().readTree(top.await().orFail());

    assertThat(report.get("silentNodes")).isEmpty();
    assertThat(report.get("pairs"))
        .anySatisfy(
            pair -> {
              assertThat(pair.get("source").asString()).contains("shop/web");
              assertThat(pair.get("port").asInt()).isEqualTo(8080);
              assertThat(pair.get("connections").asLong()).isPositive();
              assertThat(pair.get("replyBytes").asLong()).isGreaterThan(BYTES);
              assertThat(pair.get("bytesPerSecond").asDouble()).isPositive();
            });
  }

  @Test
  @Order(7)
  void capture_ofBothEnds_opensInTsharkWithNamesAndVerdicts() {
    Path file = Command.target().resolve("capture-" + ProcessHandle.current().pid() + ".pcapng");
    Background capture =
        cluster.podhopInBackground(
            "capture", LabPods.API, LabPods.DB, "-o", file.toString(), "--duration", "4s");
    await("the capture runs")
        .atMost(BOUND)
        .pollInterval(Duration.ofMillis(500))
        .until(
            () -> {
              curl(LabPods.API, db + ":8080").orFail();
              curl(LabPods.API, db + ":9998");
              return !capture.isRunning();
            });
    assertThat(capture.tail()).contains("ended with 0");

    assertThat(namesAndComments(file))
        .anyMatch(line -> line.startsWith(LabPods.API + " eth0 (node-a)|"))
        .anyMatch(line -> line.startsWith(LabPods.DB + " eth0 (node-b)|"))
        .anyMatch(line -> line.contains("delivered"))
        .anyMatch(line -> line.contains("refused"));
    assertThat(Command.run(List.of("capinfos", "-o", file.toString())).orFail())
        .contains("Strict time order:   True");
  }

  @Test
  @Order(7)
  void capture_filterDoesNotCompile_isWrongUsage() {
    Command capture = cluster.podhop("capture", LabPods.DB, "-o", "-", "--filter", "tcp(");
    Command.Result said = capture.await();
    assertThat(said.exitCode() + said.err()).startsWith("2error: filter \"tcp(\": ");
  }

  private static List<String> namesAndComments(Path file) {
    String packets = "tcp.port == 8080 || tcp.port == 9998";
    List<String> words = new ArrayList<>(List.of("tshark", "-r", file.toString(), "-Y", packets));
    words.addAll(List.of("-T", "fields", "-E", "separator=|"));
    words.addAll(List.of("-e", "frame.interface_name", "-e", "frame.comment"));
    return Command.run(words).orFail().lines().toList();
  }

  @Test
  @Order(8)
  void metrics_ofAnAgent_countWhatWasMovedUnderKnownNames() throws IOException {
    Set<String> wires = MetricNames.onTheWire();
    assertThat(
            metricsPage()
                .lines()
                .filter(line -> line.startsWith("# TYPE "))
                .map(line -> line.split(" ")[2]))
        .isNotEmpty()
        .allSatisfy(name -> assertThat(wires).contains(name));
    await("metrics and flows tell the same")
        .atMost(BOUND)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              long shown =
                  flows("--from", LabPods.API, "--port", "8080").stream()
                      .filter(flow -> flow.isAtSource(LabPods.API))
                      .mapToLong(flow -> flow.reply().bytes())
                      .sum();
              assertThat(shown).isBetween((long) BYTES, BYTES + BYTES / 10L);
              assertThat(replyBytesFromApi()).isEqualTo(shown);
            });
  }

  private static String metricsPage() {
    return cluster.lab().exec("node-a", "curl", "-s", "127.0.0.1:9464/metrics").orFail();
  }

  private static long replyBytesFromApi() {
    return metricsPage()
        .lines()
        .filter(line -> line.startsWith("podhop_flow_bytes_total{"))
        .filter(line -> line.contains("source_workload=\"api\""))
        .filter(line -> line.contains("destination_port=\"8080\""))
        .filter(line -> line.contains("direction=\"reply\""))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.indexOf("} ") + 2)))
        .sum();
  }

  @Test
  @Order(9)
  void lostInVpc_isExportedUnaskedAndSaysNoAnswer() {
    FlowLine lost =
        atSource(LabPods.CART, flow -> flow.tuple().destinationPort() == 8080, "--from", "shop/");
    assertThat(lost.verdict()).isEqualTo("no-answer");
    assertThat(lost.reply().packets()).isZero();

    List<Span> spans = backEnd.awaitTrace(lost.traceId(), 1);

    assertThat(Span.root(spans).tags())
        .containsKey("error")
        .containsEntry("podhop.capture.mode", "headers")
        .containsEntry("podhop.verdict.id", "lost-in-vpc");
  }

  @Test
  @Order(10)
  void edges_afterTheAgentWasKilled_countsBytesByConntrack() {
    assertThat(packetSockets("node-a")).isPositive();
    assertThat(packetSockets(LabPods.API)).isPositive();
    cluster.killAgent("node-a");
    await("no capture is left behind")
        .atMost(BOUND)
        .until(() -> packetSockets("node-a") + packetSockets(LabPods.API) == 0);
    cluster.startAgent("node-a", "--always-on", "edges", "--sample", "0%");
    await("the agent watches again")
        .atMost(BOUND)
        .until(() -> packetSockets(LabPods.API) > 0 && cluster.connectedNodes().size() == 2);
    echo(LabPods.API);
    curl(LabPods.API, "10.100.0.54:5432/bytes/" + BYTES).orFail();

    FlowLine flow =
        atSource(
            LabPods.API,
            line -> line.mode().equals("edges") && line.tuple().destinationPort() == 5432);

    assertThat(flow.verdict()).isEqualTo("delivered");
    assertThat(flow.end()).isEqualTo("closed");
    assertThat(flow.reply().bytes()).isBetween((long) BYTES, BYTES + BYTES / 10L);
  }

  private static long packetSockets(String where) {
    return cluster.lab().exec(where, "cat", "/proc/net/packet").orFail().lines().count() - 1;
  }

  @Test
  @Order(11)
  void udpEcho_whenItIsIdle_isDelivered() {
    FlowLine echo =
        await("the UDP exchange counts as over")
            .atMost(IDLE)
            .pollInterval(Duration.ofSeconds(1))
            .until(
                () -> flows("--port", "7").stream().filter(AlwaysOnIT::isEcho).findFirst(),
                Optional::isPresent)
            .orElseThrow();

    assertThat(echo.protocol()).isEqualTo("udp");
    assertThat(echo.verdict()).isEqualTo("delivered");
    assertThat(echo.request().payloadBytes()).isEqualTo(6);
    assertThat(echo.reply().payloadBytes()).isEqualTo(6);
  }

  private static boolean isEcho(FlowLine line) {
    return line.tuple().destination().equals(db) && line.mode().equals("headers");
  }

  @Test
  @Order(12)
  void udpEchoInEdges_whenItIsOver_hasConntracksCounts() {
    FlowLine echo =
        atSource(
            LabPods.API,
            line -> line.mode().equals("edges") && line.tuple().destinationPort() == 7);

    assertThat(echo.verdict()).isEqualTo("delivered");
    // 28 bytes of headers (RFC 791, RFC 768), and six.
    FlowLine.Traffic eachWay = new FlowLine.Traffic(1, 34, 0);
    assertThat(echo.request()).isEqualTo(eachWay);
    assertThat(echo.reply()).isEqualTo(eachWay);
  }
}
