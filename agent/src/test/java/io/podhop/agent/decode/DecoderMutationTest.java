package io.podhop.agent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DecoderMutationTest {
  private static final long SEED = 20261123;
  private static final int FRAMES = 3_000_000;
  private static final int COMPARED = 300_000;
  private static final int MEASURED = 1_000_000;

  /** What asking for the allocated bytes may itself allocate. */
  private static final long MEASURING_BYTES = 256;

  private static final int[] LINK_TYPES = {1, 1, 1, 1, 12, 113, 276, 147};
  private static final int[] WIRE_LENGTHS = {
    0, -1, 1, Integer.MIN_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE - 100
  };
  private static final int MAX_OFFSET = 40;

  /** Bytes that the longest link header, cooked v2, has more than Ethernet's. */
  private static final int MAX_LINK_HEADER_GROWTH = 6;

  private final PacketView view = new PacketView();
  private final Random random = new Random(SEED);
  private final byte[] buffer = new byte[MAX_OFFSET + SampleFrames.MAX_LENGTH];
  private int linkType;
  private int offset;
  private int captured;
  private int wire;
  private long addresses;

  @Test
  void mutatedFrames_neverThrowNorCountBelowNothing() {
    Map<DecodeStatus, int[]> counts = new EnumMap<>(DecodeStatus.class);
    for (DecodeStatus status : DecodeStatus.values()) {
      counts.put(status, new int[1]);
    }
    Set<Tunnel> tunnels = EnumSet.noneOf(Tunnel.class);
    int quic = 0;
    int answers = 0;
    for (int i = 0; i < FRAMES; i++) {
      makeFrame();
      counts.get(decode())[0]++;
      tunnels.add(view.tunnel());
      quic += view.hasQuicInitial() ? 1 : 0;
      answers += view.forEachAnswer(this::noteAnswer);
      if (hasNegative()) {
        throw new AssertionError("negative in frame " + i + " of seed " + SEED);
      }
    }
    assertThat(counts).allSatisfy((status, count) -> assertThat(count[0]).isPositive());
    assertThat(tunnels).containsExactlyInAnyOrder(Tunnel.values());
    assertThat(quic).isPositive();
    assertThat(answers).isPositive();
    assertThat(addresses).isNotZero();
  }

  private boolean hasNegative() {
    for (int block = 0; block < view.tcpSackBlocks(); block++) {
      if (view.tcpSackLeft(block) < 0 || view.tcpSackRight(block) < 0) {
        return true;
      }
    }
    int anyNegative =
        view.payloadLength()
            | view.ipLength()
            | view.tcpHeaderLength()
            | view.tcpFlags()
            | view.tcpSackBlocks()
            | view.fragmentOffsetBytes()
            | view.sourcePort()
            | view.destinationPort();
    return anyNegative < 0 || view.tcpSackBlocks() > 4 || view.quicConnectionIdLength() > 20;
  }

  @Test
  void mutatedFrames_whatLiesAroundThem_isNotRead() {
    for (int i = 0; i < COMPARED; i++) {
      makeFrame();
      long embedded = ViewDigest.of(decode(), view);
      byte[] alone = Arrays.copyOfRange(buffer, offset, offset + captured);
      DecodeStatus status = Decoder.decode(linkType, alone, 0, captured, wire, view);
      if (ViewDigest.of(status, view) != embedded) {
        throw new AssertionError("frame " + i + " of seed " + SEED + " was read beyond its ends");
      }
    }
    assertThat(captured).isNotNegative();
  }

  @Test
  void mutatedFrames_viewUsedBefore_tellsTheSameAsANewOne() {
    for (int i = 0; i < COMPARED; i++) {
      makeFrame();
      long used = ViewDigest.of(decode(), view);
      PacketView fresh = new PacketView();
      DecodeStatus status = Decoder.decode(linkType, buffer, offset, captured, wire, fresh);
      if (ViewDigest.of(status, fresh) != used) {
        throw new AssertionError("frame " + i + " of seed " + SEED + " shows a packet before it");
      }
    }
    assertThat(captured).isNotNegative();
  }

  @Test
  void framesOutsideTheBuffer_areTruncated() {
    int[] numbers = {
      Integer.MIN_VALUE, -1, 0, 1, 20, buffer.length, Integer.MAX_VALUE - 8, Integer.MAX_VALUE
    };
    for (int type : new int[] {1, 12, 113, 276}) {
      for (int at : numbers) {
        for (int length : numbers) {
          boolean within = at >= 0 && at < buffer.length && length > 0;
          DecodeStatus status = Decoder.decode(type, buffer, at, length, length, view);
          assertThat(within || status == DecodeStatus.TRUNCATED)
              .as("link type %d, %d bytes at %d", type, length, at)
              .isTrue();
        }
      }
    }
  }

  @Test
  void mutatedFrames_allocateNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    DnsAnswerHandler handler = this::noteAnswer;
    decodeMany(MEASURED / 4, handler);
    threads.getCurrentThreadAllocatedBytes();
    long before = threads.getCurrentThreadAllocatedBytes();

    decodeMany(MEASURED, handler);

    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated)
        .as("allocated bytes for %d frames", MEASURED)
        .isLessThanOrEqualTo(MEASURING_BYTES);
    assertThat(addresses).isNotZero();
  }

  private void decodeMany(int frames, DnsAnswerHandler handler) {
    for (int i = 0; i < frames; i++) {
      makeFrame();
      decode();
      view.forEachAnswer(handler);
      addresses += view.tcpSackLeft(0) + view.tunnel().ordinal() + view.quicConnectionId();
    }
  }

  private void noteAnswer(long high, long low, long ttlSeconds) {
    addresses += high + low + ttlSeconds;
  }

  private DecodeStatus decode() {
    return Decoder.decode(linkType, buffer, offset, captured, wire, view);
  }

  /** A sample with some bytes changed, anywhere in a buffer filled with one byte. */
  private void makeFrame() {
    byte[] original = SampleFrames.ALL.get(random.nextInt(SampleFrames.ALL.size()));
    Arrays.fill(buffer, (byte) random.nextInt(256));
    offset = MAX_LINK_HEADER_GROWTH + random.nextInt(MAX_OFFSET - MAX_LINK_HEADER_GROWTH);
    System.arraycopy(original, 0, buffer, offset, original.length);
    for (int changes = random.nextInt(4); changes > 0; changes--) {
      buffer[offset + random.nextInt(original.length)] = (byte) random.nextInt(256);
    }
    captured = random.nextInt(3) == 0 ? random.nextInt(original.length) : original.length;
    linkType = LINK_TYPES[random.nextInt(LINK_TYPES.length)];
    wire =
        random.nextInt(9) == 0
            ? WIRE_LENGTHS[random.nextInt(WIRE_LENGTHS.length)]
            : original.length;
    if (random.nextInt(4) != 0) {
      changeLinkHeader(original.length);
    }
  }

  /** Lets the frame begin as its link type does, so that what is behind is read at all. */
  private void changeLinkHeader(int originalLength) {
    int longer =
        switch (linkType) {
          case 12 -> -14;
          case 113 -> 2;
          case 276 -> 6;
          default -> 0;
        };
    if (linkType == 276) {
      System.arraycopy(buffer, offset + 12, buffer, offset - longer, 2);
    }
    offset -= longer;
    captured = Math.max(0, captured + longer);
    wire = wire == originalLength ? wire + longer : wire;
  }
}
