package io.podhop.agent.capture;

import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.PacketView;
import io.podhop.agent.flow.FlowEvents;
import io.podhop.agent.flow.FlowTable;
import io.podhop.agent.flow.FlowTimeouts;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcapFileTest {
  private static final List<byte[]> FRAMES =
      List.of(
          ethernet(ip("10.0.0.1", "10.0.0.2", 6, tcp(40000, 80, 7, 0, 2, new byte[0]))),
          ethernet(ip("10.0.0.2", "10.0.0.1", 6, tcp(80, 40000, 9, 8, 18, new byte[0]))),
          ethernet(ip("10.0.0.1", "10.0.0.2", 6, tcp(40000, 80, 8, 10, 16, new byte[40]))),
          ethernet(ip("fd00::1", "fd00::2", 17, udp(5000, 6000, new byte[30]))));
  private static final int COUNTED = 400_000;

  @TempDir Path folder;

  @Test
  void pcapAndPcapng_giveFramesLengthsAndNanoseconds() throws IOException {
    Path pcap = folder.resolve("a.pcap");
    Path pcapng = folder.resolve("a.pcapng");
    CaptureFiles.writePcap(pcap, FRAMES, 1);
    CaptureFiles.writePcapng(pcapng, FRAMES);

    for (Path path : List.of(pcap, pcapng)) {
      List<byte[]> read = new ArrayList<>();
      try (PcapFile file = PcapFile.open(path, "")) {
        FrameHandler handler =
            (linkType, buffer, offset, captured, wire, timestampNs) -> {
              assertThat(linkType).isEqualTo(1);
              assertThat(wire).isEqualTo(FRAMES.get(read.size()).length);
              assertThat(timestampNs).isEqualTo(CaptureFiles.START_NS + read.size());
              read.add(Arrays.copyOfRange(buffer, offset, offset + captured));
            };
        assertThat(file.poll(handler, 3)).isEqualTo(3);
        assertThat(file.poll(handler, 3)).isEqualTo(1);
        assertThat(file.poll(handler, 3)).isEqualTo(PacketSource.ENDED);
        assertThat(file.ending().reason()).isEqualTo(Ending.Reason.END_OF_FILE);
        assertThat(file.stats().received()).isEqualTo(4);
      }
      assertThat(read).containsExactlyElementsOf(FRAMES);
    }
  }

  @Test
  void fileCutOffInAFrame_givesWhatIsWhole_thenSaysSo() throws IOException {
    Path path = folder.resolve("cut.pcap");
    CaptureFiles.writePcap(path, FRAMES, 1);
    byte[] all = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(all, all.length - 10));

    try (PcapFile file = PcapFile.open(path, "")) {
      assertThat(file.poll(PcapFileTest::ignore, 100)).isEqualTo(3);
      assertThat(file.poll(PcapFileTest::ignore, 100)).isEqualTo(PacketSource.ENDED);
      assertThat(file.ending().reason()).isEqualTo(Ending.Reason.READ_FAILED);
      assertThat(file.ending().detail()).contains("truncated");
    }
  }

  @Test
  void filter_keepsOnlyWhatMatches_andABadOneIsRefused() throws IOException {
    Path path = folder.resolve("a.pcap");
    CaptureFiles.writePcap(path, FRAMES, 10);

    try (PcapFile file = PcapFile.open(path, "udp port 6000")) {
      assertThat(file.poll(PcapFileTest::ignore, 100)).isEqualTo(10);
    }
    assertThatThrownBy(() -> PcapFile.open(path, "udp prot 6000"))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("a.pcap");
    assertThatThrownBy(() -> PcapFile.open(folder.resolve("none.pcap"), ""))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("none.pcap");
  }

  @Test
  void handlerThatThrows_losesOneFrameOnly() throws IOException {
    Path path = folder.resolve("a.pcap");
    CaptureFiles.writePcap(path, FRAMES, 1);
    FrameHandler failing =
        (linkType, buffer, offset, captured, wire, timestampNs) -> {
          throw new IllegalStateException("on purpose");
        };

    try (PcapFile file = PcapFile.open(path, "")) {
      assertThatThrownBy(() -> file.poll(failing, 100)).hasMessage("on purpose");
      assertThat(file.poll(PcapFileTest::ignore, 100)).isEqualTo(3);
      assertThat(file.stats().received()).isEqualTo(4);
    }
  }

  @Test
  void readDecodeAndTable_allocateNothingPerPacket() throws IOException {
    Path path = folder.resolve("many.pcap");
    CaptureFiles.writePcap(path, FRAMES, COUNTED / FRAMES.size() * 2);
    FlowTable table = new FlowTable(1, 64, FlowTimeouts.DEFAULT, new FlowEvents());
    PacketView view = new PacketView();
    FrameHandler handler =
        (linkType, buffer, offset, captured, wire, timestampNs) -> {
          if (Decoder.decode(linkType, buffer, offset, captured, wire, view) == DecodeStatus.OK) {
            table.accept(0, view, timestampNs);
          }
        };
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    try (PcapFile file = PcapFile.open(path, "")) {
      assertThat(file.poll(handler, COUNTED)).isEqualTo(COUNTED);
      long bytesBefore = threads.getCurrentThreadAllocatedBytes();
      assertThat(file.poll(handler, COUNTED)).isEqualTo(COUNTED);
      long bytes = threads.getCurrentThreadAllocatedBytes() - bytesBefore;
      assertThat((double) bytes / COUNTED).as("bytes per packet").isLessThan(0.1);
    }
    assertThat(table.size()).isEqualTo(2);
  }

  private static void ignore(
      int linkType, byte[] frame, int offset, int captured, int wire, long ns) {}
}
