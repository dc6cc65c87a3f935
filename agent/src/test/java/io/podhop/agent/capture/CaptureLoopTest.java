package io.podhop.agent.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.podhop.agent.decode.Frames;
import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureLoopTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final FrameHandler IGNORE = (linkType, buffer, offset, captured, wire, ns) -> {};
  private static TwoNamespaces net;

  @TempDir Path folder;
  private CaptureLoop loop;

  @BeforeAll
  static void up() throws Exception {
    net = new TwoNamespaces();
  }

  @AfterAll
  static void down() throws Exception {
    net.close();
  }

  @BeforeEach
  void start() throws IOException {
    loop = CaptureLoop.start(InstantSource.system());
  }

  @AfterEach
  void stop() {
    loop.close();
  }

  @Test
  void removedRightAfterTheLastPacket_losesNothing() throws Exception {
    try (DatagramChannel sender = net.sender()) {
      for (int round = 0; round < 20; round++) {
        AtomicLong handled = new AtomicLong();
        RunningSource source = loop.add(net.openReceiving(), counting(handled));
        TwoNamespaces.send(sender, 50);

        SourceEnd end = get(loop.remove(source));

        assertThat(end.stats()).isEqualTo(new CaptureStats(50, 50, 0));
        assertThat(handled).hasValue(50);
        assertThat(end.ending().reason()).isEqualTo(Ending.Reason.REMOVED);
      }
    }
    assertThat(loop.counted(CaptureCounter.SOURCES_REMOVED)).isEqualTo(20);
  }

  @Test
  void othersComeAndGoUnderTraffic_theStayingOneSeesAll() throws Exception {
    AtomicLong handled = new AtomicLong();
    AtomicLong sent = new AtomicLong();
    AtomicLong allowed = new AtomicLong();
    AtomicBoolean enough = new AtomicBoolean();
    LiveCapture staying = net.openReceiving();
    RunningSource running = loop.add(staying, counting(handled));
    Thread traffic = Thread.ofPlatform().start(() -> sendUntil(enough, allowed, sent));
    try {
      for (int round = 0; round < 12; round++) {
        AtomicLong brief = new AtomicLong();
        allowed.addAndGet(1000);
        RunningSource comer = loop.add(net.openReceiving(), counting(brief));
        allowed.addAndGet(1000);
        await().atMost(BOUND).until(() -> brief.get() > 100);
        allowed.addAndGet(1000);
        SourceEnd end = get(loop.remove(comer));
        assertThat(end.stats().droppedByKernel()).isZero();
        assertThat(end.stats().received()).isEqualTo(brief.get());
        await().atMost(BOUND).until(() -> handled.get() == allowed.get());
      }
    } finally {
      enough.set(true);
      traffic.join();
    }
    SourceEnd end = get(loop.remove(running));

    assertThat(end.stats()).isEqualTo(new CaptureStats(sent.get(), sent.get(), 0));
    assertThat(handled).hasValue(sent.get());
    assertThat(end.coverage("udp", staying.fromNs(), 0, 0).complete()).isTrue();
    assertThat(end.coverage("udp", staying.fromNs(), 0, 1).complete()).isFalse();
  }

  @Test
  void handlerThatThrows_isCounted_andStopsNobody() throws Exception {
    AtomicLong handled = new AtomicLong();
    FrameHandler failing =
        (linkType, buffer, offset, captured, wire, ns) -> {
          throw new IllegalStateException("on purpose");
        };
    RunningSource bad = loop.add(net.openReceiving(), failing);
    RunningSource good = loop.add(net.openReceiving(), counting(handled));
    try (DatagramChannel sender = net.sender()) {
      TwoNamespaces.send(sender, 30);
    }

    SourceEnd badEnd = get(loop.remove(bad));
    SourceEnd goodEnd = get(loop.remove(good));

    assertThat(badEnd.droppedByUs()).isEqualTo(30);
    assertThat(badEnd.coverage("udp", 1, 0, 0).complete()).isFalse();
    assertThat(goodEnd.stats().received()).isEqualTo(30);
    assertThat(handled).hasValue(30);
    assertThat(loop.counted(CaptureCounter.HANDLER_FAILURES)).isEqualTo(30);
  }

  @Test
  void interfaceGone_endsThatSourceOnly() throws Exception {
    net.connect("eth8", "10.79.0.1", "10.79.0.2", "fd79::1", "fd79::2");
    AtomicLong handled = new AtomicLong();
    RunningSource going = loop.add(net.open(net.nameB, CaptureOptions.of("eth8", "")), IGNORE);
    RunningSource staying = loop.add(net.openReceiving(), counting(handled));

    Tools.run("ip", "-n", net.nameA, "link", "del", "eth8");

    assertThat(get(going.end()).ending().reason()).isEqualTo(Ending.Reason.INTERFACE_GONE);
    assertThat(get(loop.remove(going)).ending().reason()).isEqualTo(Ending.Reason.INTERFACE_GONE);
    assertThat(loop.counted(CaptureCounter.SOURCES_GONE)).isEqualTo(1);
    try (DatagramChannel sender = net.sender()) {
      TwoNamespaces.send(sender, 3);
    }
    assertThat(get(loop.remove(staying)).stats().received()).isEqualTo(3);
  }

  @Test
  void file_isReadToItsEnd() throws Exception {
    Path path = folder.resolve("a.pcap");
    CaptureFiles.writePcap(path, List.of(Frames.ethernet(0x0806, new byte[28])), 10_000);
    AtomicLong handled = new AtomicLong();

    SourceEnd end = get(loop.add(PcapFile.open(path, ""), counting(handled)).end());

    assertThat(end.ending().reason()).isEqualTo(Ending.Reason.END_OF_FILE);
    assertThat(handled).hasValue(10_000);
    assertThat(loop.counted(CaptureCounter.SOURCES_READ_TO_END)).isEqualTo(1);
  }

  @Test
  void call_runsOnTheCaptureThread() throws Exception {
    assertThat(get(loop.call(() -> Thread.currentThread().getName()))).isEqualTo("podhop-capture");
  }

  @Test
  void closed_endsEverySource_andRefusesMore() throws Exception {
    RunningSource running = loop.add(net.openReceiving(), IGNORE);
    loop.close();

    assertThat(get(running.end()).ending().reason()).isEqualTo(Ending.Reason.LOOP_CLOSED);
    try (LiveCapture late = net.openReceiving()) {
      assertThatThrownBy(() -> loop.add(late, IGNORE))
          .isInstanceOf(RejectedExecutionException.class)
          .hasMessageContaining("eth0 in /run/netns/" + net.nameB);
    }
    assertThat(loop.call(() -> 1)).isCompletedExceptionally();
    assertThat(loop.counted(CaptureCounter.SOURCES_REFUSED)).isEqualTo(1);
  }

  private static FrameHandler counting(AtomicLong count) {
    return (linkType, buffer, offset, captured, wire, ns) -> count.incrementAndGet();
  }

  /** Per round less than a ring holds, however slow this machine is: any loss is the loop's. */
  private static void sendUntil(AtomicBoolean enough, AtomicLong allowed, AtomicLong sent) {
    try (DatagramChannel sender = net.sender()) {
      while (!enough.get()) {
        if (sent.get() < allowed.get()) {
          TwoNamespaces.send(sender, 10);
          sent.addAndGet(10);
        }
        Thread.onSpinWait();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> T get(Future<T> future) throws Exception {
    try {
      return future.get(BOUND.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
