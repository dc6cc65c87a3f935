package io.podhop.agent.capture;

import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.agent.decode.Frames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;

/** The kernel's ring with frames of every byte known, sent over a packet socket. */
class RingCaptureTest {
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final int SEQUENCE_AT = 14 + 20 + 4;
  private static final byte[] SYN =
      ethernet(ip("10.9.0.1", "10.9.0.2", 6, tcp(9, 80, 0, 0, 2, new byte[0])));
  private static TwoNamespaces net;

  @BeforeAll
  static void up() throws Exception {
    net = new TwoNamespaces();
  }

  @AfterAll
  static void down() throws Exception {
    net.close();
  }

  @Test
  void pacedFrames_allArrive_everyByteRight() throws Exception {
    int count = 200_000;
    InOrder inOrder = new InOrder();
    try (CaptureLoop loop = CaptureLoop.start(InstantSource.system());
        PcapHandle sender = net.injector()) {
      RunningSource source = loop.add(net.open(net.nameB, alwaysOn(CaptureMode.HEADERS)), inOrder);
      for (int i = 0; i < count; i++) {
        while (i - inOrder.seen.get() > 3000) {
          Thread.onSpinWait();
        }
        send(sender, i);
      }
      SourceEnd end = loop.remove(source).get(10, TimeUnit.SECONDS);

      assertThat(end.stats().droppedByKernel()).isZero();
      assertThat(inOrder.seen).hasValue(count);
      assertThat(inOrder.wrong).isZero();
      assertThat(end.ending().reason()).isEqualTo(Ending.Reason.REMOVED);
    }
  }

  @Test
  void modeSwitchedUnderTraffic_whatMatchesBoth_isSeenExactlyOnce() throws Exception {
    int count = 50_000;
    InOrder inOrder = new InOrder();
    try (CaptureLoop loop = CaptureLoop.start(InstantSource.system());
        PcapHandle sender = net.injector()) {
      LiveCapture capture = net.open(net.nameB, alwaysOn(CaptureMode.HEADERS));
      RunningSource source = loop.add(capture, inOrder);
      for (int i = 0; i < count; i++) {
        if (i % 1000 == 0) {
          capture.switchTo(i % 2000 == 0 ? CaptureMode.EDGES : CaptureMode.HEADERS);
        }
        while (i - inOrder.seen.get() > 3000) {
          Thread.onSpinWait();
        }
        send(sender, i);
      }
      assertThat(capture.filter()).isEqualTo(CaptureMode.HEADERS.filter());
      loop.remove(source).get(10, TimeUnit.SECONDS);
      assertThat(inOrder.seen).hasValue(count);
      assertThat(inOrder.wrong).isZero();
    }
  }

  @Test
  void blocksThatCloseLate_areReadBeforeTheSourceEnds() throws Exception {
    try (CaptureLoop loop = CaptureLoop.start(InstantSource.system());
        PcapHandle sender = net.injector()) {
      for (int round = 0; round < 5; round++) {
        InOrder inOrder = new InOrder();
        CaptureOptions slow =
            new CaptureOptions("eth0", "tcp dst port 80", Snapshot.of(128), 256 << 10, 100);
        RunningSource source = loop.add(net.open(net.nameB, slow), inOrder);
        for (int i = 0; i < 40; i++) {
          send(sender, i);
        }
        SourceEnd end = loop.remove(source).get(10, TimeUnit.SECONDS);
        assertThat(end.stats()).isEqualTo(new CaptureStats(40, 40, 0));
        assertThat(inOrder.wrong).isZero();
      }
    }
  }

  @Test
  void tagThatTheKernelMovesToMetadata_isInTheFrameAgain_andTheFilterKeepsMoreOfDns()
      throws Exception {
    byte[] dns = ip("10.9.0.1", "10.9.0.2", 17, udp(4000, 53, new byte[400]));
    byte[] other = ip("10.9.0.1", "10.9.0.2", 17, udp(4000, 5353, new byte[400]));
    List<byte[]> frames =
        List.of(
            ethernet(dns),
            ethernet(other),
            tagged(0x8100, 0x6007, 0x0800, dns),
            tagged(0x8100, 0x6007, 0x0800, other));
    List<byte[]> seen = new ArrayList<>();
    try (LiveCapture capture =
            net.open(
                net.nameB,
                new CaptureOptions("eth0", "udp src port 4000", Snapshot.ALWAYS_ON, 1 << 18, 4));
        PcapHandle sender = net.injector()) {
      for (byte[] frame : frames) {
        sender.sendPacket(frame);
      }
      FrameHandler handler =
          (linkType, buffer, offset, captured, wire, ns) -> {
            assertThat(wire).isEqualTo(frames.get(seen.size()).length);
            seen.add(Arrays.copyOfRange(buffer, offset, offset + captured));
          };
      await().atMost(BOUND).until(() -> capture.poll(handler, 10) >= 0 && seen.size() == 4);
    }
    assertThat(seen.get(0)).isEqualTo(frames.get(0));
    assertThat(seen.get(1)).isEqualTo(Arrays.copyOf(frames.get(1), 160));
    assertThat(seen.get(2)).isEqualTo(frames.get(2));
    assertThat(seen.get(3)).isEqualTo(Arrays.copyOf(frames.get(3), 164));
  }

  @Test
  void loopback_isSeenOnce() throws Exception {
    AtomicLong seen = new AtomicLong();
    try (LiveCapture capture = net.open(net.nameB, CaptureOptions.of("lo", "icmp"))) {
      Tools.run("ip", "netns", "exec", net.nameB, "ping", "-c3", "-i0.01", "127.0.0.1");
      capture.finish();
      FrameHandler handler =
          (linkType, buffer, offset, captured, wire, ns) -> seen.incrementAndGet();
      await().atMost(BOUND).until(() -> capture.poll(handler, 10) == PacketSource.ENDED);
    }
    assertThat(seen).hasValue(6);
  }

  @Test
  void hundredsOpenedAndClosed_leaveNoDescriptorMappingOrThread() throws Exception {
    net.open(net.nameB, alwaysOn(CaptureMode.EDGES)).close();
    long descriptors = count("/proc/self/fd");
    long threads = count("/proc/self/task");
    for (int round = 0; round < 20; round++) {
      List<LiveCapture> captures = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        captures.add(net.open(net.nameB, alwaysOn(CaptureMode.EDGES)));
      }
      captures.forEach(LiveCapture::close);
      captures.forEach(LiveCapture::close);
      captures.forEach(
          closed -> assertThat(closed.poll((t, b, o, c, w, ns) -> {}, 1)).isEqualTo(-1));
      captures.forEach(closed -> assertThat(closed.stats().received()).isZero());
    }
    assertThat(count("/proc/self/fd")).isLessThanOrEqualTo(descriptors + 2);
    assertThat(count("/proc/self/task")).isLessThanOrEqualTo(threads + 2);
    assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
        .noneMatch(line -> line.contains("socket:"));
  }

  @Test
  void namespaceGoneWhileCapturing_endsTheSourceAsGone_andFreesTheNamespace() throws Exception {
    try (CaptureLoop loop = CaptureLoop.start(InstantSource.system());
        TwoNamespaces brief = new TwoNamespaces()) {
      RunningSource source =
          loop.add(
              brief.open(brief.nameB, alwaysOn(CaptureMode.HEADERS)), (t, b, o, c, w, ns) -> {});
      Tools.run("ip", "netns", "del", brief.nameB);
      Tools.run("ip", "netns", "del", brief.nameA);

      SourceEnd end = source.end().get(20, TimeUnit.SECONDS);

      assertThat(end.ending().reason()).isEqualTo(Ending.Reason.INTERFACE_GONE);
    }
  }

  @Test
  void interfaceDownAndUp_goesOn() throws Exception {
    net.connect("eth6", "10.76.0.1", "10.76.0.2", "fd76::1", "fd76::2");
    AtomicLong seen = new AtomicLong();
    try (LiveCapture capture = net.open(net.nameB, CaptureOptions.of("eth6", "icmp"))) {
      FrameHandler handler =
          (linkType, buffer, offset, captured, wire, ns) -> seen.incrementAndGet();
      Tools.run("ip", "-n", net.nameB, "link", "set", "eth6", "down");
      Tools.run("ip", "-n", net.nameB, "link", "set", "eth6", "up");
      Tools.run("ip", "netns", "exec", net.nameA, "ping", "-c1", "-W5", "10.76.0.2");
      await().atMost(BOUND).until(() -> capture.poll(handler, 10) >= 0 && seen.get() == 2);
      assertThat(capture.ending()).isEqualTo(Ending.RUNNING);
    }
  }

  @Test
  void manyQuietSources_costTheLoopLittle_andItTicks() throws Exception {
    AtomicLong ticks = new AtomicLong();
    try (CaptureLoop loop =
        CaptureLoop.start(
            InstantSource.system(), new LoopOptions(2, 20), now -> ticks.incrementAndGet())) {
      List<RunningSource> sources = new ArrayList<>();
      for (int i = 0; i < 115; i++) {
        sources.add(
            loop.add(net.open(net.nameB, alwaysOn(CaptureMode.EDGES)), (t, b, o, c, w, ns) -> {}));
      }
      long settled = ticks.get() + 50;
      await().atMost(BOUND).until(() -> ticks.get() > settled);
      long before = loop.call(RingCaptureTest::cpuNs).get(5, TimeUnit.SECONDS);
      long startNs = System.nanoTime();
      long wanted = ticks.get() + 50;
      await().atMost(BOUND).until(() -> ticks.get() > wanted);
      long cpu = loop.call(RingCaptureTest::cpuNs).get(5, TimeUnit.SECONDS) - before;

      assertThat((double) cpu / (System.nanoTime() - startNs)).isLessThan(0.05);
      assertThat(sources.getFirst().stats().droppedByKernel()).isZero();
    }
  }

  private static long cpuNs() {
    return java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static CaptureOptions alwaysOn(CaptureMode mode) {
    return CaptureOptions.alwaysOn("eth0", mode, 1 << 20);
  }

  private static void send(PcapHandle sender, int sequence)
      throws NotOpenException, PcapNativeException {
    byte[] frame = SYN.clone();
    System.arraycopy(Frames.u32(sequence), 0, frame, SEQUENCE_AT, 4);
    sender.sendPacket(frame);
  }

  private static long count(String folder) throws IOException {
    try (Stream<Path> entries = Files.list(Path.of(folder))) {
      return entries.count();
    }
  }

  /** Counts the frames of {@link #send}, and those that are not the next one. */
  private static final class InOrder implements FrameHandler {
    final AtomicLong seen = new AtomicLong();
    final byte[] expected = SYN.clone();
    long wrong;

    @Override
    public void frame(
        int linkType, byte[] buffer, int offset, int captured, int wire, long timestampNs) {
      if (captured != expected.length || buffer[offset + 29] != expected[29]) {
        return;
      }
      System.arraycopy(Frames.u32(seen.get()), 0, expected, SEQUENCE_AT, 4);
      if (!Arrays.equals(buffer, offset, offset + captured, expected, 0, captured)) {
        wrong++;
      }
      seen.incrementAndGet();
    }
  }
}
