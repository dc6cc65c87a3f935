package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.agent.PodSwarm.Pod;
import io.podhop.agent.capture.CaptureLoop;
import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.capture.LoopOptions;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.judge.SightBook;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watching real pods while they come, talk and go. */
class WatchTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final int BATCH = 50;
  private static final int BATCHES = 10;
  private static final int DATAGRAMS = 40;

  /** Of each pod; more than fits into the smallest ring within its time. */
  private static final int PER_SECOND = 5_000;

  private static final int EVENLY = 3 * PER_SECOND;
  private static final int MAX_BURST = 100;

  private final FlowFeed feed = new FlowFeed(1 << 16);
  private final WatchTable table = new WatchTable(65_536, FlowTimeouts.DEFAULT, feed);
  private final SightBook sights = new SightBook();
  private final PodSwarm swarm;
  private final NamespaceThread namespaces;
  private CaptureLoop loop;
  private Watch watch;

  WatchTest() throws IOException {
    swarm = new PodSwarm();
    namespaces = new NamespaceThread(new LinuxCounters());
  }

  @BeforeEach
  void start() throws IOException {
    loop = CaptureLoop.start(InstantSource.system(), LoopOptions.DEFAULT, table);
    watch =
        new Watch(
            new Watch.Settings(Optional.of(CaptureMode.HEADERS), 64L << 20),
            namespaces,
            loop,
            table,
            sights);
  }

  @AfterEach
  void stop() throws IOException {
    watch.close();
    loop.close();
    namespaces.close();
    swarm.close();
  }

  @Test
  void reconcile_fiveHundredPodsComeAndGo_leaksNothingAndCountsEveryPacket() throws Exception {
    Map<String, Long> before = heldWhenIdle();
    Map<String, Long> sent = new TreeMap<>();
    List<Pod> dead = List.of(swarm.add(1).getFirst().withoutNamespace());
    swarm.kill(dead);
    List<Pod> last = List.of();
    for (int i = 0; i < BATCHES; i++) {
      List<Pod> come = swarm.add(BATCH);
      watch.reconcile(PodSwarm.view(join(dead, join(last, come))));
      for (Pod pod : come.subList(0, BATCH / 5)) {
        pod.send(namespaces, DATAGRAMS);
        sent.put(pod.info().ref().toString(), (long) DATAGRAMS);
      }
      watch.look();
      go(last, come, i);
      last = come;
    }
    swarm.kill(last);
    watch.reconcile(PodSwarm.view(List.of()));

    await().atMost(BOUND).untilAsserted(() -> assertThat(held()).isEqualTo(before));
    await().atMost(BOUND).untilAsserted(() -> assertThat(swarm.links()).isEmpty());
    await().atMost(BOUND).until(() -> table.counts().connections() == 0);
    assertThat(watch.counted(WatchCounter.OPENED)).isEqualTo(1 + BATCHES * BATCH);
    assertThat(watch.counted(WatchCounter.CLOSED)).isEqualTo(1 + BATCHES * BATCH);
    assertThat(watch.counted(WatchCounter.FAILED)).isGreaterThanOrEqualTo(BATCHES);
    CaptureNumbers numbers = watch.numbers();
    assertThat(numbers.points()).isZero();
    assertThat(numbers.ringBytes()).isZero();
    assertThat(numbers.droppedByKernel()).isZero();
    assertThat(numbers.received()).containsEntry("headers", (long) BATCHES * BATCH / 5 * DATAGRAMS);
    assertThat(packets(ended())).isEqualTo(sent);
  }

  /** After a pod came and went, for threads that start when there is work for them. */
  private Map<String, Long> heldWhenIdle() throws IOException {
    Map<String, Long> before = held();
    List<Pod> first = swarm.add(1);
    watch.reconcile(PodSwarm.view(first));
    swarm.kill(first);
    watch.reconcile(PodSwarm.view(List.of()));
    before.put("threads", before.get("threads") + 1);
    await().atMost(BOUND).untilAsserted(() -> assertThat(held()).isEqualTo(before));
    return before;
  }

  /** All ways in which pods go: before the watch knows, after it, and with the veth taken first. */
  private void go(List<Pod> gone, List<Pod> stay, int turn) throws IOException {
    switch (turn % 3) {
      case 0 -> {
        swarm.kill(gone);
        watch.reconcile(PodSwarm.view(stay));
      }
      case 1 -> {
        watch.reconcile(PodSwarm.view(stay));
        swarm.kill(gone);
      }
      default -> {
        swarm.unplug(gone);
        swarm.kill(gone);
        watch.reconcile(PodSwarm.view(stay));
      }
    }
  }

  @Test
  void reconcile_afterTheQuarantine_givesNumbersOutAgain() throws Exception {
    List<Pod> first = swarm.add(2);
    watch.reconcile(PodSwarm.view(first));
    watch.reconcile(PodSwarm.view(List.of()));
    List<Pod> early = swarm.add(1);
    watch.reconcile(PodSwarm.view(early));
    early.getFirst().send(namespaces, 1);
    List<Pod> later = swarm.add(1);
    await()
        .atMost(BOUND)
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () -> {
              watch.reconcile(PodSwarm.view(early));
              watch.reconcile(PodSwarm.view(join(early, later)));
              later.getFirst().send(namespaces, 1);
              watch.reconcile(PodSwarm.view(early));
              assertThat(numbers(ended()).get("swarm/pod-3")).contains(0, 1);
            });
    watch.reconcile(PodSwarm.view(List.of()));
    await()
        .atMost(BOUND)
        .untilAsserted(() -> assertThat(numbers(ended()).get("swarm/pod-2")).containsExactly(2));
  }

  @Test
  void look_ringsGrowUnderTraffic_everyPacketIsAccountedForOnce() throws Exception {
    List<Pod> pods = swarm.add(4);
    watch.reconcile(PodSwarm.view(pods));
    long ringsBefore = watch.numbers().ringBytes();
    CountDownLatch halfWay = new CountDownLatch(1);
    Thread looking =
        Thread.ofPlatform()
            .start(
                () -> {
                  await().atMost(BOUND).until(() -> halfWay.getCount() == 0);
                  watch.look();
                });
    long sent = sendEvenly(pods, halfWay);
    looking.join();
    assertThat(watch.counted(WatchCounter.RESIZED)).isEqualTo(pods.size());
    assertThat(watch.numbers().ringBytes()).isGreaterThan(ringsBefore);

    watch.close();

    CaptureNumbers numbers = watch.numbers();
    long received = numbers.received().get("headers");
    assertThat(received + numbers.droppedByKernel()).isEqualTo(sent);
    Map<String, Long> packets = packets(ended());
    assertThat(packets).hasSize(pods.size());
    assertThat(packets.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(received);
  }

  /** Sends from all pods for some seconds; returns how many datagrams. */
  private long sendEvenly(List<Pod> pods, CountDownLatch halfWay) throws IOException {
    List<DatagramChannel> channels = new ArrayList<>();
    for (Pod pod : pods) {
      channels.add(pod.open(namespaces));
    }
    long started = System.nanoTime();
    long each = 0;
    while (each < EVENLY) {
      long due = Math.min(EVENLY, (System.nanoTime() - started) / (1_000_000_000 / PER_SECOND));
      int burst = (int) Math.min(MAX_BURST, due - each);
      for (DatagramChannel channel : channels) {
        Pod.send(channel, burst);
      }
      each += burst;
      if (each >= EVENLY / 2) {
        halfWay.countDown();
      }
      LockSupport.parkNanos(1_000_000);
    }
    for (DatagramChannel channel : channels) {
      channel.close();
    }
    return each * pods.size();
  }

  /** What has ended until now, this call included. */
  private List<FlowEvent.Ended> ended() throws InterruptedException {
    for (FlowEvent event = feed.poll(); event != null; event = feed.poll()) {
      if (event instanceof FlowEvent.Ended ended) {
        heard.add(ended);
      }
    }
    assertThat(feed.dropped()).isZero();
    return heard;
  }

  private final List<FlowEvent.Ended> heard = new ArrayList<>();

  private static Map<String, Long> packets(List<FlowEvent.Ended> ended) {
    Map<String, Long> packets = new TreeMap<>();
    for (FlowEvent.Ended one : ended) {
      FlowRecord record = one.record();
      assertThat(record.reply().packets()).isZero();
      packets.merge(one.point().owner(), record.request().packets(), Long::sum);
    }
    return packets;
  }

  private static Map<String, Set<Integer>> numbers(List<FlowEvent.Ended> ended) {
    Map<String, Set<Integer>> numbers = new HashMap<>();
    for (FlowEvent.Ended one : ended) {
      numbers
          .computeIfAbsent(one.point().owner(), _ -> new HashSet<>())
          .add(one.record().pointIndex());
    }
    return numbers;
  }

  /** Sockets, mappings of rings, namespaces and threads that this process has. */
  private static Map<String, Long> held() throws IOException {
    Map<String, Long> held = new TreeMap<>();
    try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
      for (Path fd : fds.toList()) {
        String target = Files.exists(fd) ? Files.readSymbolicLink(fd).toString() : "";
        if (target.startsWith("socket:") || target.startsWith("net:")) {
          held.merge(target.substring(0, target.indexOf(':')), 1L, Long::sum);
        }
      }
    }
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      held.put("mapped sockets", maps.filter(line -> line.contains("socket:")).count());
    }
    held.put(
        "threads",
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("podhop-"))
            .count());
    return held;
  }

  private static List<Pod> join(List<Pod> some, List<Pod> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }
}
