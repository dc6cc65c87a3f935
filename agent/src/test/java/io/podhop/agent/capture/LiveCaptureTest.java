package io.podhop.agent.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.podhop.agent.linux.NamespaceGoneException;
import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LiveCaptureTest {
  private static final Duration BOUND = Duration.ofSeconds(10);
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
  void openedInANamespace_readFromOutside_everyPacketIsCounted() throws IOException {
    int count = 20_000;
    AtomicInteger seen = new AtomicInteger();
    AtomicLong lastNs = new AtomicLong();
    FrameHandler handler =
        (linkType, buffer, offset, captured, wire, timestampNs) -> {
          assertThat(linkType).isEqualTo(1);
          assertThat(wire).isEqualTo(14 + 20 + 8 + 16);
          assertThat(timestampNs).isGreaterThanOrEqualTo(lastNs.getAndSet(timestampNs));
          seen.incrementAndGet();
        };
    try (LiveCapture capture = net.openReceiving();
        DatagramChannel sender = net.sender()) {
      lastNs.set(capture.fromNs());
      for (int sent = 0; sent < count; sent += 1000) {
        TwoNamespaces.send(sender, 1000);
        int expected = sent + 1000;
        await()
            .atMost(BOUND)
            .until(() -> capture.poll(handler, 4096) >= 0 && seen.get() == expected);
      }

      assertThat(capture.stats()).isEqualTo(new CaptureStats(count, count, 0));
      assertThat(capture.ending()).isEqualTo(Ending.RUNNING);
      assertThat(capture.stats().coverage("f", 1, 2, 0, 0).complete()).isTrue();
    }
  }

  @Test
  void snapshotOfALargePacket_keepsTheHeadersAndTheWireLength() throws Exception {
    try (LiveCapture capture =
        net.open(net.nameB, new CaptureOptions("eth0", "icmp", 96, CaptureOptions.RING_BYTES))) {
      Tools.run(
          "ip",
          "netns",
          "exec",
          net.nameA,
          "ping",
          "-c1",
          "-W5",
          "-s1400",
          TwoNamespaces.ADDRESS_B);
      AtomicInteger frames = new AtomicInteger();
      await()
          .atMost(BOUND)
          .until(
              () -> {
                capture.poll(
                    (linkType, buffer, offset, captured, wire, timestampNs) -> {
                      assertThat(captured).isEqualTo(96);
                      assertThat(wire).isEqualTo(14 + 20 + 8 + 1400);
                      frames.incrementAndGet();
                    },
                    10);
                return frames.get() == 2;
              });
    }
  }

  @Test
  void ringThatIsTooSmall_countsWhatTheKernelDropped() throws IOException {
    int count = 5_000;
    try (LiveCapture capture =
            net.open(
                net.nameB,
                new CaptureOptions("eth0", "udp dst port " + TwoNamespaces.PORT, 384, 64 << 10));
        DatagramChannel sender = net.sender()) {
      TwoNamespaces.send(sender, count);
      await().atMost(BOUND).until(() -> capture.stats().kernelReceived() == count);
      while (capture.poll((linkType, buffer, offset, captured, wire, ns) -> {}, 4096) > 0) {
        assertThat(capture.ending()).isEqualTo(Ending.RUNNING);
      }

      CaptureStats stats = capture.stats();
      assertThat(stats.droppedByKernel()).isPositive();
      assertThat(stats.received() + stats.droppedByKernel()).isEqualTo(count);
      assertThat(stats.coverage("f", 1, 2, 0, 0).complete()).isFalse();
    }
  }

  @Test
  void interfaceThatVanishes_endsTheSourceWithItsReason() throws Exception {
    net.connect("eth7", "10.78.0.1", "10.78.0.2", "fd78::1", "fd78::2");
    try (LiveCapture capture = net.open(net.nameB, CaptureOptions.of("eth7", ""))) {
      FrameHandler ignore = (linkType, buffer, offset, captured, wire, ns) -> {};
      Tools.run("ip", "-n", net.nameA, "link", "del", "eth7");

      await().atMost(BOUND).until(() -> capture.poll(ignore, 100) == PacketSource.ENDED);

      assertThat(capture.ending().reason()).isEqualTo(Ending.Reason.INTERFACE_GONE);
      assertThat(capture.poll(ignore, 100)).isEqualTo(PacketSource.ENDED);
    }
  }

  @Test
  void missingInterfaceNamespaceOrBadFilter_areClearErrors() {
    assertThatThrownBy(() -> net.open(net.nameB, CaptureOptions.of("eth99", "")))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("eth99 in /run/netns/" + net.nameB);
    assertThatThrownBy(() -> net.open(net.nameB, CaptureOptions.of("eth0", "tcp prot 1")))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("eth0 in");
    assertThatThrownBy(() -> net.open("phc-none", CaptureOptions.of("eth0", "")))
        .isInstanceOf(NamespaceGoneException.class);
    assertThatThrownBy(
            () ->
                LiveCapture.open(
                    net.thread, Path.of("/run/netns", net.nameB), 1, CaptureOptions.of("eth0", "")))
        .isInstanceOf(NamespaceGoneException.class);
  }
}
