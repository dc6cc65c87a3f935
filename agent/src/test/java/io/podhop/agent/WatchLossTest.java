package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.podhop.agent.PodSwarm.Pod;
import io.podhop.agent.capture.CaptureLoop;
import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.capture.LoopOptions;
import io.podhop.agent.config.AlwaysOn;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.ship.Shipper;
import io.podhop.model.Coverage;
import io.podhop.model.Flow;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Verdict;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Observe;
import io.podhop.wire.FlowCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an agent loses on its way, it must say everywhere that its figures are used. */
class WatchLossTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final long SMALL_RING = 128 << 10;

  /** More than ten of the smallest rings hold. */
  private static final int MANY = 20_000;

  private static final AlwaysOn CONFIG =
      new AlwaysOn(
          AlwaysOn.Mode.HEADERS,
          0,
          1_000,
          8 << 20,
          4_096,
          Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));

  private static final FlowTimeouts SOON = timeouts();

  private final ConcurrentLinkedQueue<AgentMessage> said = new ConcurrentLinkedQueue<>();
  private final ManagedChannel nowhere = NettyChannelBuilder.forTarget("127.0.0.1:1").build();
  private final Shipper shipper = new Shipper(nowhere);
  private final PodSwarm swarm;
  private final NamespaceThread namespaces;
  private final NodeView view;
  private final Pod pod;
  private final Observation observation;
  private final CaptureLoop loop;
  private final Watch watch;

  WatchLossTest() throws IOException {
    swarm = new PodSwarm();
    namespaces = new NamespaceThread(new LinuxCounters());
    pod = swarm.add(1).getFirst();
    view = PodSwarm.view(List.of(pod));
    observation = new Observation(CONFIG, () -> view, shipper, said::add);
    WatchTable table = new WatchTable(CONFIG.maxConnections(), SOON, observation.feed());
    loop = CaptureLoop.start(InstantSource.system(), LoopOptions.DEFAULT, table);
    watch =
        new Watch(
            new Watch.Settings(Optional.of(CaptureMode.HEADERS), CONFIG.ringBytes()),
            namespaces,
            loop,
            table,
            observation.sights());
    observation.numbers().capture(watch::numbers, watch::counted);
  }

  private static FlowTimeouts timeouts() {
    long second = TimeUnit.SECONDS.toNanos(1);
    return new FlowTimeouts(
        second, second, second, second, second, second, second, 60 * second, false);
  }

  @BeforeEach
  void start() throws IOException {
    observation.start();
    watch.reconcile(view);
    watch.look();
  }

  @AfterEach
  void stop() throws IOException {
    watch.close();
    loop.close();
    observation.close();
    shipper.close();
    nowhere.shutdownNow();
    namespaces.close();
    swarm.close();
  }

  @Test
  void look_ringsOverflow_everyFigureSaysSo() throws Exception {
    sendWhileNobodyReads(MANY);
    watch.look();

    long dropped = watch.numbers().droppedByKernel();
    assertThat(dropped).isPositive();
    assertThat(watch.numbers().ringBytes()).as("a ring that lost grows").isGreaterThan(SMALL_RING);
    await()
        .atMost(BOUND)
        .untilAsserted(
            () -> {
              watch.look();
              assertThat(watch.numbers().received().get("headers")).isEqualTo(MANY - dropped);
            });
    Flow flow = shown(1).getFirst();
    assertThat(flow.request().packets()).isEqualTo(MANY - dropped);
    assertThat(flow.outcome().verdict()).isEqualTo(Verdict.Id.NOT_OBSERVED);
    assertThat(flow.outcome().cause()).contains("the capture lost " + dropped + " packets");
    assertThat(flow.sight()).isEqualTo(new Flow.Sight("headers", dropped));
    Coverage seen = observation.sights().at(point(), flow.startNs(), flow.endNs()).orElseThrow();
    assertThat(seen.droppedByKernel()).isEqualTo(dropped);
    assertThat(seen.complete()).isFalse();
    assertThat(metrics())
        .contains("podhop_capture_dropped_packets_total{cause=\"kernel\"} " + dropped)
        .contains("podhop_capture_mode{mode=\"headers\"} 1")
        .contains("podhop_capture_point_events_total{event=\"opened\"} 1")
        .contains("podhop_capture_point_events_total{event=\"reduced\"} 0")
        .containsPattern("podhop_capture_point_events_total\\{event=\"resized\"\\} [1-9]");
  }

  @Test
  void look_lossIsOver_silenceIsNoAnswerAgain() throws Exception {
    sendWhileNobodyReads(MANY);
    watch.look();
    watch.look();
    pod.send(namespaces, 3);
    watch.look();

    assertThat(shown(2))
        .anySatisfy(
            flow -> {
              assertThat(flow.request().packets()).isEqualTo(3);
              assertThat(flow.outcome().verdict()).isEqualTo(Verdict.Id.NO_ANSWER);
              assertThat(flow.sight().dropped()).isZero();
            });
    assertThat(watch.counted(WatchCounter.REDUCED)).isZero();
  }

  @Test
  void look_lossGoesOn_isWatchedByItsEdges() throws Exception {
    sendWhileNobodyReads(MANY);
    watch.look();
    sendWhileNobodyReads(3 * MANY);
    watch.look();

    assertThat(watch.counted(WatchCounter.REDUCED)).isEqualTo(1);
    assertThat(metrics())
        .contains("podhop_capture_mode{mode=\"edges\"} 1")
        .contains("podhop_capture_point_events_total{event=\"reduced\"} 1")
        .contains("podhop_capture_point_events_total{event=\"restored\"} 0");
    int before = shown(2).size();
    pod.send(namespaces, 5);
    try (var query = pod.open(namespaces)) {
      query.send(ByteBuffer.allocate(16), new InetSocketAddress("169.254.1.1", 53));
    }
    List<Flow> flows = shown(before + 1);
    assertThat(flows).hasSize(before + 1);
    assertThat(flows.getLast().key().destinationPort()).isEqualTo(53);
    assertThat(flows.getLast().sight().mode()).isEqualTo("edges");
  }

  @Test
  void look_captureThreadIsBusy_keepsOneRingAndCountsOnce() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Future<Boolean> busy = block(release);
    pod.send(namespaces, MANY);
    watch.look();
    release.countDown();
    assertThat(busy.get(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    pod.send(namespaces, 7);

    await()
        .atMost(BOUND)
        .untilAsserted(
            () -> {
              watch.look();
              CaptureNumbers numbers = watch.numbers();
              assertThat(shown(2).stream().mapToLong(flow -> flow.request().packets()).sum())
                  .isEqualTo(MANY + 7 - numbers.droppedByKernel());
            });
    watch.reconcile(PodSwarm.view(List.of()));
    swarm.kill(List.of(pod));
    await().atMost(BOUND).untilAsserted(() -> assertThat(swarm.links()).isEmpty());
  }

  private void sendWhileNobodyReads(int count) throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Future<Boolean> busy = block(release);
    try {
      pod.send(namespaces, count);
    } finally {
      release.countDown();
    }
    assertThat(busy.get(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private Future<Boolean> block(CountDownLatch release) {
    return loop.call(() -> release.await(BOUND.toSeconds(), TimeUnit.SECONDS));
  }

  private ObservationPoint point() {
    return Tap.ofNode(view, namespaces.ownInode()).getFirst().point();
  }

  /** The flows of this node, when there are so many. */
  private List<Flow> shown(int count) {
    return await()
        .atMost(BOUND)
        .until(
            () -> {
              said.clear();
              observation.observe(Observe.newBuilder().setRequestId("r").setLast(100).build());
              return said.stream()
                  .flatMap(message -> message.getFlowsSeen().getFlowsList().stream())
                  .map(FlowCodec::decode)
                  .toList();
            },
            flows -> flows.size() >= count);
  }

  private String metrics() throws Exception {
    URI page = URI.create("http://127.0.0.1:" + observation.metricsPort() + "/metrics");
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }
}
