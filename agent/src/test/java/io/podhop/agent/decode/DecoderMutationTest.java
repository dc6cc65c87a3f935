package io.podhop.agent.decode;

import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.icmp;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.join;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DecoderMutationTest {
  private static final long SEED = 20261123;
  private static final int FRAMES = 200_000;
  private static final int[] LINK_TYPES = {1, 1, 1, 1, 12, 113, 276};

  private static final List<byte[]> ORIGINALS =
      List.of(
          ethernet(ip("10.0.0.1", "10.0.0.2", 6, tcp(1, 2, 3, 4, 2, hex("020405b4 0402 0101")))),
          ethernet(ip("fd00::1", "fd00::2", 6, tcp(1, 2, 3, 4, 16, new byte[90]))),
          ethernet(ip("10.0.0.1", "10.0.0.2", 17, udp(4, 53, Frames.dns(1, 256, "a.bc.de", 1)))),
          ethernet(
              ip(
                  "10.0.0.9",
                  "10.0.0.1",
                  1,
                  icmp(3, 4, 1500, ip("10.0.0.1", "10.0.0.2", 17, udp(4, 53, new byte[20]))))),
          ethernet(
              ip(
                  "fd00::1",
                  "fd00::2",
                  0,
                  join(hex("2c00010400000000 1100000100000001"), udp(1, 2, new byte[9])))),
          tagged(0x8100, 7, 0x0800, ip("10.0.0.1", "10.0.0.2", 1, Frames.echo(8, 1, 2))));

  private final PacketView view = new PacketView();

  @Test
  void mutatedFrames_neverThrowNorAllocate() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    byte[] buffer = new byte[512];
    Random random = new Random(SEED);
    Map<DecodeStatus, int[]> counts = new EnumMap<>(DecodeStatus.class);
    for (DecodeStatus status : DecodeStatus.values()) {
      counts.put(status, new int[1]);
    }
    run(random, buffer, counts, FRAMES / 4);
    long before = threads.getCurrentThreadAllocatedBytes();

    run(random, buffer, counts, FRAMES);

    long bytesPerFrame = (threads.getCurrentThreadAllocatedBytes() - before) / FRAMES;
    assertThat(bytesPerFrame).as("allocated bytes per frame").isZero();
    assertThat(counts).allSatisfy((status, count) -> assertThat(count[0]).isPositive());
  }

  private void run(Random random, byte[] buffer, Map<DecodeStatus, int[]> counts, int frames) {
    for (int i = 0; i < frames; i++) {
      byte[] original = ORIGINALS.get(random.nextInt(ORIGINALS.size()));
      System.arraycopy(original, 0, buffer, 0, original.length);
      for (int changes = random.nextInt(4); changes > 0; changes--) {
        buffer[random.nextInt(original.length)] = (byte) random.nextInt(256);
      }
      int captured = random.nextInt(3) == 0 ? random.nextInt(original.length) : original.length;
      int linkType = LINK_TYPES[random.nextInt(LINK_TYPES.length)];
      int wire = random.nextInt(9) == 0 ? random.nextInt() : original.length;
      counts.get(Decoder.decode(linkType, buffer, 0, captured, wire, view))[0]++;
    }
  }

  @Test
  void mutatedDnsFrames_nameNeverThrows() {
    byte[] original = ORIGINALS.get(2);
    Random random = new Random(SEED);
    int named = 0;
    for (int i = 0; i < FRAMES / 4; i++) {
      byte[] frame = original.clone();
      frame[42 + random.nextInt(original.length - 42)] = (byte) random.nextInt(256);
      int captured = 42 + random.nextInt(original.length - 41);
      Decoder.decode(Frames.ETHERNET, frame, 0, captured, original.length, view);
      named += view.questionName().isEmpty() ? 0 : 1;
    }
    assertThat(named).isPositive();
  }
}
