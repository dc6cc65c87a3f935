package io.podhop.agent.capture;

import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.join;
import static io.podhop.agent.decode.Frames.tcp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every form of capture file that we read, and what is none. */
class FileFormatsTest {
  private static final byte[] IP = ip("10.0.0.1", "10.0.0.2", 6, tcp(4, 80, 7, 0, 2, new byte[0]));
  private static final byte[] FRAME = ethernet(IP);
  private static final PcapngBytes LITTLE = new PcapngBytes(ByteOrder.LITTLE_ENDIAN);
  private static final PcapngBytes BIG = new PcapngBytes(ByteOrder.BIG_ENDIAN);

  @TempDir Path folder;

  @Test
  void pcap_ofBothOrdersAndResolutions() throws IOException {
    for (PcapngBytes bytes : List.of(LITTLE, BIG)) {
      assertThat(read(pcap(bytes, 0xa1b2c3d4, 1)))
          .containsExactly("0: 1 1000000001.000007000 54/9015 true", "end END_OF_FILE ");
      assertThat(read(pcap(bytes, 0xa1b23c4d, 1)))
          .containsExactly("0: 1 1000000001.000000007 54/9015 true", "end END_OF_FILE ");
    }
  }

  @Test
  void modifiedOrForeignFile_isRefusedWithTheReason() {
    assertThatThrownBy(() -> open(pcap(LITTLE, 0xa1b2cd34, 1))).hasMessageContaining("a1b2cd34");
    assertThatThrownBy(() -> open("hello world, no file".getBytes()))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("no capture file");
    assertThatThrownBy(() -> open(new byte[0])).hasMessageContaining("empty");
    assertThatThrownBy(() -> open(new byte[] {0x1f, (byte) 0x8b, 1}))
        .isInstanceOf(CaptureException.class);
  }

  @Test
  void pcapng_sectionsOrdersInterfacesClocksAndBlocks() throws Exception {
    byte[] file = everyBlock();

    assertThat(read(file))
        .containsExactly(
            "1: 101 1000000001.000000007 40/900 true",
            "0: 1 1000000001.000007000 54/54 true",
            "0: 1 1000000002.000007000 54/54 true",
            "2: 1 0.000000000 54/2000 true",
            "2: 1 1000000011.000000007 54/54 true",
            "3: 1 1000000001.500000000 54/54 true",
            "end END_OF_FILE ");
    Path path = folder.resolve("a.pcapng");
    Files.write(path, file);
    assertThat(Tools.fields(path, "frame.time_epoch", "frame.len").lines().toList())
        .as("tshark agrees, where it has a time")
        .containsSubsequence(
            "1000000001.000000007|900",
            "1000000001.000007000|54",
            "1000000002.000007000|54",
            "1000000011.000000007|54",
            "1000000001.500000000|54");
  }

  @Test
  void compressedFile_isReadAsWhatIsInside_alsoWhenCutOff() throws IOException {
    byte[] zipped = gzip(pcap(LITTLE, 0xa1b2c3d4, 30_000));

    List<String> whole = read(zipped);
    List<String> cut = read(Arrays.copyOf(zipped, zipped.length / 2));

    assertThat(whole).hasSize(30_001).last().isEqualTo("end END_OF_FILE ");
    assertThat(cut).hasSizeBetween(2, 30_000);
    assertThat(cut.getLast()).startsWith("end READ_FAILED truncated");
    assertThat(whole).startsWith(cut.subList(0, cut.size() - 1).toArray(new String[0]));
  }

  @Test
  void damage_isNamedWithItsPlace_andLosesNothingBefore() throws IOException {
    byte[] start = join(LITTLE.section(), LITTLE.describe("eth0", 1, 0, 6, 0));
    byte[] packet = LITTLE.enhanced(0, 1, FRAME, 54);
    byte[] wrongEnd = packet.clone();
    wrongEnd[wrongEnd.length - 4]++;
    byte[] hugeCaptured = packet.clone();
    hugeCaptured[22] = 5;
    int at = start.length + packet.length;
    for (byte[] bad :
        List.of(
            wrongEnd,
            hugeCaptured,
            LITTLE.enhanced(1, 1, FRAME, 54),
            hex("06000000 07000000 00000000"))) {
      List<String> lines = read(join(start, packet, bad, packet));
      assertThat(lines).hasSize(2);
      assertThat(lines.getLast()).startsWith("end READ_FAILED damaged at byte " + at + ": ");
    }
    List<String> cut = read(Arrays.copyOf(join(start, packet, packet), at + 9));
    assertThat(cut).hasSize(2);
    assertThat(cut.getLast())
        .isEqualTo(
            "end READ_FAILED truncated: the file ends at byte "
                + (at + 9)
                + ", within what begins at byte "
                + at);
    byte[] pcap = pcap(LITTLE, 0xa1b2c3d4, 2);
    pcap[24 + 16 + 54 + 10] = 5;
    assertThat(read(pcap)).hasSize(2).last().asString().contains("damaged at byte 94: a packet of");
  }

  @Test
  void filter_isAppliedPerLinkType() throws IOException {
    byte[] file =
        join(
            LITTLE.section(),
            LITTLE.describe("eth0", 1, 0, 6, 0),
            LITTLE.describe("tunl0", 101, 0, 6, 0),
            LITTLE.enhanced(0, 1, FRAME, 54),
            LITTLE.enhanced(1, 1, IP, 40));
    assertThat(read(file, "tcp dst port 80")).hasSize(3);
    assertThat(read(file, "tcp dst port 81")).hasSize(1);
    assertThat(read(file, "ether host 02:00:00:00:00:0a"))
        .last()
        .asString()
        .startsWith("end READ_FAILED filter");
  }

  @Test
  void mutatedFiles_endWithAReason_alwaysWithinTheirLength() throws IOException {
    byte[] pcapng =
        join(
            LITTLE.section(),
            LITTLE.describe("eth0", 1, 0, 6, 0),
            LITTLE.enhanced(0, 1, FRAME, 54),
            BIG.section(),
            BIG.describe("eth1", 101, 0, 0x8a, 1),
            BIG.old(0, 5, IP),
            BIG.simple(IP, 99),
            LITTLE.block(4, new byte[8]));
    List<byte[]> files =
        List.of(pcapng, pcap(BIG, 0xa1b23c4d, 3), pcapng, gzip(pcap(LITTLE, 0xa1b2c3d4, 2)));
    Random random = new Random(5);
    int opened = 0;
    for (int round = 0; round < 100_000; round++) {
      byte[] file = files.get(round % files.size()).clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        int at = random.nextInt(file.length);
        file[at] = (byte) (random.nextBoolean() ? random.nextInt() : file[at] ^ 1);
      }
      if (random.nextInt(5) == 0) {
        file = Arrays.copyOf(file, random.nextInt(file.length));
      }
      opened += readAll(file) ? 1 : 0;
    }
    assertThat(opened).isGreaterThan(10_000);
  }

  private static byte[] everyBlock() {
    return join(
        LITTLE.section(),
        LITTLE.describe("eth0", 1, 0, 6, 0),
        LITTLE.describe("tunl0", 101, 0, 9, 0),
        LITTLE.enhanced(1, 1_000_000_001_000_000_007L, IP, 900),
        LITTLE.block(0x0bad, new byte[200_000]),
        LITTLE.enhanced(0, 1_000_000_001_000_007L, FRAME, 54),
        LITTLE.old(0, 1_000_000_002_000_007L, FRAME),
        BIG.section(),
        BIG.describe("ens5", 1, 54, 9, 10),
        BIG.describe("binary", 1, 0, 0x80 | 32, 0),
        BIG.simple(FRAME, 2000),
        BIG.enhanced(0, 1_000_000_001_000_000_007L, FRAME, 54),
        BIG.enhanced(1, 1_000_000_001L << 32 | 1L << 31, FRAME, 54));
  }

  private static boolean readAll(byte[] file) {
    try (PcapFile source = open(file)) {
      FrameHandler handler =
          (linkType, buffer, offset, captured, wire, ns) -> {
            boolean inside = offset >= 0 && captured >= 0 && offset + captured <= buffer.length;
            assertThat(inside && wire >= captured && ns >= 0).isTrue();
            assertThat(source.interfaceIndex()).isLessThan(source.interfaces().size());
          };
      int packets = 0;
      for (int count = 0; count != PacketSource.ENDED; count = source.poll(handler, 7)) {
        packets += count;
        assertThat(packets).isLessThan(1000);
      }
      assertThat(source.ending().reason())
          .isIn(Ending.Reason.END_OF_FILE, Ending.Reason.READ_FAILED);
      return true;
    } catch (CaptureException e) {
      assertThat(e).hasMessageContaining("cannot read test");
      return false;
    }
  }

  private static List<String> read(byte[] file) throws IOException {
    return read(file, "");
  }

  private static List<String> read(byte[] file, String filter) throws IOException {
    List<String> lines = new ArrayList<>();
    try (PcapFile source = PcapFile.open("test", new ByteArrayInputStream(file), filter)) {
      FrameHandler handler =
          (linkType, buffer, offset, captured, wire, ns) -> {
            byte[] bytes = Arrays.copyOfRange(buffer, offset, offset + captured);
            boolean same =
                Arrays.equals(bytes, Arrays.copyOf(linkType == 1 ? FRAME : IP, captured));
            lines.add(
                String.format(
                    "%d: %d %d.%09d %d/%d %s",
                    source.interfaceIndex(),
                    linkType,
                    ns / 1_000_000_000L,
                    ns % 1_000_000_000L,
                    captured,
                    wire,
                    same));
          };
      while (source.poll(handler, 100) != PacketSource.ENDED) {
        assertThat(lines.size()).isLessThan(100_000);
      }
      lines.add("end " + source.ending().reason() + " " + source.ending().detail());
    }
    return lines;
  }

  private static PcapFile open(byte[] file) throws CaptureException {
    return PcapFile.open("test", new ByteArrayInputStream(file), "");
  }

  private static byte[] pcap(PcapngBytes bytes, int magic, int packets) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(
        join(bytes.u32(magic), bytes.u16(2), bytes.u16(4), new byte[8], bytes.u32(65535)));
    out.writeBytes(bytes.u32(1));
    for (int i = 0; i < packets; i++) {
      out.writeBytes(join(bytes.u32(1_000_000_001), bytes.u32(7), bytes.u32(54), bytes.u32(9015)));
      out.writeBytes(FRAME);
    }
    return out.toByteArray();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    }
    return out.toByteArray();
  }
}
