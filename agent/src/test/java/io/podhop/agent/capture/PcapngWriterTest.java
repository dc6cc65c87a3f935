package io.podhop.agent.capture;

import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.tcp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.pcapng.CapturedBy;
import io.podhop.pcapng.CapturedOn;
import io.podhop.pcapng.PcapngWriter;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our pcapng writer, read by Wireshark's tools and by our own reader. */
class PcapngWriterTest {
  private static final long START_NS = 1_800_000_000_123_456_789L;
  private static final byte[] IP =
      ip("10.0.0.1", "10.0.0.2", 6, tcp(40000, 80, 7, 0, 2, new byte[0]));
  private static final String COMMENT = "dropped at the node: Größe 9001 → 1500";

  @TempDir Path folder;
  private Path path;

  @BeforeEach
  void write() throws IOException {
    path = folder.resolve("a.pcapng");
    CapturedBy by = new CapturedBy("c5.large", "Linux 6.18", "podhop test", "trace 12");
    try (PcapngWriter writer =
        new PcapngWriter(new BufferedOutputStream(Files.newOutputStream(path)), by)) {
      int pod = writer.describe(new CapturedOn("shop/api eth0", "pod end", "tcp", 1, 160));
      int tunnel = writer.describe(new CapturedOn("tunl0", "", "", 101, 0));
      byte[] frame = ethernet(IP);
      writer.packet(pod, START_NS, ByteBuffer.wrap(frame), frame.length, "");
      writer.packet(pod, START_NS + 1, ByteBuffer.wrap(frame, 0, 41), 9015, COMMENT);
      writer.packet(tunnel, START_NS + 2_000_000_000, ByteBuffer.wrap(frame, 14, 40), 40, "x");
      writer.statistics(pod, START_NS + 3, 12, 10);
      writer.statistics(tunnel, START_NS + 3, 1, 0);
      writer.flush();
      assertThat(writer.written()).isEqualTo(Files.size(path));
    }
  }

  @Test
  void tshark_readsTimesInterfacesLengthsAndComments() throws Exception {
    String fields =
        Tools.fields(
            path,
            "frame.time_epoch",
            "frame.interface_name",
            "frame.interface_description",
            "frame.cap_len",
            "frame.len",
            "frame.comment",
            "tcp.dstport");

    assertThat(fields.lines())
        .containsExactly(
            "1800000000.123456789|shop/api eth0|pod end|54|54||80",
            "1800000000.123456790|shop/api eth0|pod end|41|9015|" + COMMENT + "|80",
            "1800000002.123456789|tunl0||40|40|x|80");
  }

  @Test
  void capinfos_readsTheSectionAndItsInterfaces() throws Exception {
    String text = Tools.run("capinfos", path.toString());

    assertThat(text)
        .contains("Number of packets:   3")
        .contains("Capture hardware:    c5.large")
        .contains("Capture oper-sys:    Linux 6.18")
        .contains("Capture application: podhop test")
        .contains("Capture comment:     trace 12")
        .contains("Name = shop/api eth0")
        .contains("Filter string = tcp")
        .contains("Time precision = nanoseconds (9)")
        .contains("Number of stat entries = 1");
  }

  @Test
  void ourReader_givesItBack() throws IOException {
    List<String> read = new ArrayList<>();
    try (PcapFile file = PcapFile.open(path, "")) {
      FrameHandler handler =
          (linkType, buffer, offset, captured, wire, ns) ->
              read.add(
                  file.interfaces().get(file.interfaceIndex()).name()
                      + " "
                      + linkType
                      + " "
                      + captured
                      + " "
                      + wire
                      + " "
                      + (ns - START_NS)
                      + " "
                      + Arrays.equals(
                          buffer,
                          offset,
                          offset + captured,
                          linkType == 1 ? ethernet(IP) : IP,
                          0,
                          captured));
      assertThat(file.poll(handler, 10)).isEqualTo(3);
      assertThat(file.ending().reason()).isEqualTo(Ending.Reason.END_OF_FILE);
    }
    assertThat(read)
        .containsExactly(
            "shop/api eth0 1 54 54 0 true",
            "shop/api eth0 1 41 9015 1 true",
            "tunl0 101 40 40 2000000000 true");
  }

  @Test
  void textThatIsTooLong_isCutBetweenTwoCharacters() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String comment = "a" + "€".repeat(PcapngWriter.MAX_TEXT_BYTES);
    try (PcapngWriter writer = new PcapngWriter(out, new CapturedBy("", "", "", ""))) {
      writer.describe(new CapturedOn("a", "", "", 1, 0));
      writer.packet(0, START_NS, ByteBuffer.allocate(14), 14, comment);
    }
    Files.write(path, out.toByteArray());

    String text = Tools.fields(path, "frame.comment").strip();

    assertThat(comment).startsWith(text);
    assertThat(text.getBytes(StandardCharsets.UTF_8).length)
        .isBetween(PcapngWriter.MAX_TEXT_BYTES - 2, PcapngWriter.MAX_TEXT_BYTES);
  }

  @Test
  void undescribedInterfaceOrImpossiblePacket_isRefused() throws IOException {
    try (PcapngWriter writer =
        new PcapngWriter(new ByteArrayOutputStream(), new CapturedBy("", "", "", ""))) {
      assertThatThrownBy(() -> writer.packet(0, 1, ByteBuffer.allocate(14), 14, ""))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("interface 0");
      writer.describe(new CapturedOn("a", "", "", 1, 0));
      assertThatThrownBy(() -> writer.packet(0, 1, ByteBuffer.allocate(14), 13, ""))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
