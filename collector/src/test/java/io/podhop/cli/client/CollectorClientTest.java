package io.podhop.cli.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.podhop.cli.Scenes;
import io.podhop.cli.ScriptedCollector;
import io.podhop.model.Protocol;
import io.podhop.v1.Refusal;
import io.podhop.v1.TraceEvent;
import io.podhop.v1.TraceRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class CollectorClientTest {
  private static final Duration LIMIT = Duration.ofSeconds(2);

  private ScriptedCollector collector;

  @BeforeEach
  void start() throws IOException {
    collector = new ScriptedCollector();
  }

  @AfterEach
  void stop() {
    collector.close();
  }

  @Test
  void trace_scripted_givesEveryEventAsValue() throws Exception {
    collector
        .resolved()
        .hops(Scenes.handshake())
        .trace(Scenes.trace(Scenes.handshake(), Scenes.delivered(), Scenes.dnat()))
        .result(1, 1, Scenes.delivered());

    List<TraceNews> news = ask();

    assertThat(news).hasSize(15);
    assertThat(news.get(0))
        .isEqualTo(
            new TraceNews.Resolved(
                Scenes.WEB, Scenes.DB, Protocol.TCP, List.of("node-a", "node-b"), List.of()));
    assertThat(news.get(4)).isEqualTo(new TraceNews.HopSeen(Scenes.handshake().get(3)));
    assertThat(news.get(13))
        .isEqualTo(
            new TraceNews.Traced(
                Scenes.trace(Scenes.handshake(), Scenes.delivered(), Scenes.dnat())));
    assertThat(news.get(14))
        .isEqualTo(new TraceNews.Finished(1, 1, Scenes.delivered(), Scenes.LINK));
    TraceRequest request = collector.asked.take();
    assertThat(request.getSource()).isEqualTo("shop/web-7c9");
    assertThat(request.getPort()).isEqualTo(5432);
    assertThat(request.getTimeoutMs()).isEqualTo(3000);
  }

  @Test
  void trace_refused_givesReasonAndSentence() throws Exception {
    collector.refusal(Refusal.Reason.REASON_USAGE, "no pod shop/web");

    assertThat(ask())
        .containsExactly(new TraceNews.Refused(TraceNews.Reason.USAGE, "no pod shop/web"));
  }

  @Test
  void trace_unreadableOrMissingVerdict_saysSo() {
    assertThatThrownBy(this::ask).hasMessageContaining("ended the trace without a verdict");
    collector.then(TraceEvent.getDefaultInstance());
    assertThatThrownBy(this::ask).hasMessageContaining("same version");
  }

  @Test
  void trace_failingStatus_isASentence() {
    collector.endsWith(Status.UNIMPLEMENTED);
    assertThatThrownBy(this::ask).hasMessageContaining("is no podhop collector");
    collector.endsWith(Status.INTERNAL.withDescription("disk full"));
    assertThatThrownBy(this::ask).hasMessageContaining("failed: INTERNAL disk full");
    collector.endsWith(Status.UNAVAILABLE.withDescription("shutting down"));
    assertThatThrownBy(this::ask).hasMessageContaining("lost the collector");
  }

  @Test
  void cancel_whileTracing_reachesTheCollector() throws Exception {
    collector.resolved().hangs();
    try (CollectorClient client = CollectorClient.connect(address(collector.address()))) {
      CompletableFuture<Void> call =
          CompletableFuture.runAsync(
              () ->
                  assertThatThrownBy(() -> client.trace(question(), _ -> {}))
                      .isInstanceOf(CollectorException.class));
      collector.asked.take();

      client.cancel();

      assertThat(collector.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
      call.get(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void connect_nobodyListens_refusesWithinTwoSeconds() throws Exception {
    collector.close();
    long start = System.nanoTime();

    assertThatThrownBy(() -> CollectorClient.connect(address(collector.address())))
        .hasMessageContaining("cannot reach the collector at " + collector.address())
        .hasMessageContaining("connection refused; is it running?")
        .hasMessageContaining("podhop collector");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LIMIT);
  }

  @Test
  void connect_peerNeverSpeaks_givesUp() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(
              () -> CollectorClient.connect(address("127.0.0.1:" + silent.getLocalPort())))
          .hasMessageContaining("no answer");
    }
  }

  @Test
  void connect_peerSpeaksHttp1_isNoCollector() throws Exception {
    CompletableFuture<Void> serving;
    try (ServerSocket web = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      serving = CompletableFuture.runAsync(() -> serveHttp1(web));

      assertThatThrownBy(() -> CollectorClient.connect(address("127.0.0.1:" + web.getLocalPort())))
          .hasMessageContaining("what answers there does not speak gRPC");
    }
    serving.get(5, TimeUnit.SECONDS);
  }

  @Test
  void connect_unknownHost_saysSo() {
    assertThatThrownBy(() -> CollectorClient.connect(address("no-such-host.invalid:4317")))
        .hasMessageContaining("no-such-host.invalid:4317: unknown host");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "host", "host:", ":4317", "host:0", "host:65536", "::1:4317", "a b:1"})
  void address_malformed_isEmpty(String text) {
    assertThat(CollectorAddress.tryParse(text)).isEmpty();
  }

  @Test
  void address_wellFormed_parses() {
    assertThat(CollectorAddress.tryParse("[::1]:4317"))
        .hasValue(new CollectorAddress("[::1]", 4317));
    assertThat(CollectorAddress.tryParse("podhop.kube-system:4317"))
        .hasValue(new CollectorAddress("podhop.kube-system", 4317));
  }

  private static void serveHttp1(ServerSocket web) {
    while (!web.isClosed()) {
      try (Socket socket = web.accept()) {
        byte[] answer = "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        socket.getOutputStream().write(answer);
      } catch (IOException closed) {
        return;
      }
    }
  }

  private List<TraceNews> ask() throws CollectorException {
    List<TraceNews> news = new ArrayList<>();
    try (CollectorClient client = CollectorClient.connect(address(collector.address()))) {
      client.trace(question(), news::add);
    }
    return news;
  }

  private static CollectorAddress address(String text) {
    return CollectorAddress.tryParse(text).orElseThrow();
  }

  private static TraceQuestion question() {
    return new TraceQuestion(
        new TraceQuestion.Ends("shop/web-7c9", "shop/db-0"),
        "default",
        5432,
        Protocol.TCP,
        1,
        false,
        Duration.ofSeconds(3));
  }
}
