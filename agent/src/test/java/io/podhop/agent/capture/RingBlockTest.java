package io.podhop.agent.capture;

import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RingBlockTest {
  private static final long START_NS = 1_800_000_000_999_999_999L;
  private static final byte[] IP = ip("10.0.0.1", "10.0.0.2", 17, udp(1, 2, new byte[9]));
  private static final byte[] FRAME = ethernet(IP);
  private static final int TAG_VALID = 0x10;
  private static final int TAG_TYPE_VALID = 0x40;

  private final List<String> seen = new ArrayList<>();

  @Test
  void packets_areGivenWithLengthsAndTimes_inPortions() {
    RingBlock block =
        load(
            RingImages.Packet.plain(FRAME),
            new RingImages.Packet(Arrays.copyOf(FRAME, 20), 9015, 0, 0, 0, 4),
            RingImages.Packet.plain(new byte[0]));

    assertThat(block.handOn(this::see, 2)).isEqualTo(2);
    assertThat(block.isEmpty()).isFalse();
    assertThat(block.handOn(this::see, 2)).isEqualTo(1);

    assertThat(block.isEmpty()).isTrue();
    assertThat(seen)
        .containsExactly(
            text(FRAME, FRAME.length, 0), text(Arrays.copyOf(FRAME, 20), 9015, 1), text("", 0, 2));
    assertThat(block.handedOn()).isEqualTo(3);
    assertThat(block.damaged()).isZero();
  }

  @Test
  void tagInMetadata_isPutBackBehindTheAddresses() {
    RingBlock block =
        load(
            new RingImages.Packet(FRAME, FRAME.length, TAG_VALID, 0x6007, 0, 0),
            new RingImages.Packet(FRAME, 100, TAG_VALID | TAG_TYPE_VALID, 5, 0x88a8, 0),
            new RingImages.Packet(FRAME, FRAME.length, TAG_TYPE_VALID, 5, 0x88a8, 0),
            new RingImages.Packet(new byte[11], 11, TAG_VALID, 5, 0, 0));

    block.handOn(this::see, 10);

    assertThat(seen)
        .containsExactly(
            text(tagged(0x8100, 0x6007, 0x0800, IP), FRAME.length + 4, 0),
            text(tagged(0x88a8, 5, 0x0800, IP), 104, 1),
            text(FRAME, FRAME.length, 2),
            text(new byte[11], 11, 3));
  }

  @Test
  void outgoingOnTheLoopback_isTheSecondSight() {
    byte[] image =
        RingImages.block(
            List.of(
                new RingImages.Packet(FRAME, FRAME.length, 0, 0, 0, 4),
                RingImages.Packet.plain(FRAME)),
            START_NS);
    RingBlock block = new RingBlock(image, LinkTypes.ETHERNET, true);
    block.load(image.length);

    assertThat(block.handOn(this::see, 10)).isEqualTo(1);
    assertThat(block.skipped()).isEqualTo(1);
  }

  @Test
  void handlerThatThrows_losesOnePacketOnly() {
    RingBlock block = load(RingImages.Packet.plain(FRAME), RingImages.Packet.plain(FRAME));

    assertThatThrownBy(
            () ->
                block.handOn(
                    (linkType, buffer, offset, captured, wire, ns) -> {
                      throw new IllegalStateException("on purpose");
                    },
                    10))
        .hasMessage("on purpose");
    assertThat(block.handOn(this::see, 10)).isEqualTo(1);
    assertThat(block.handedOn()).isEqualTo(2);
  }

  @Test
  void damagedBlocks_neverReadOutside_andAccountForEveryPacket() {
    byte[] whole =
        RingImages.block(
            List.of(
                RingImages.Packet.plain(FRAME),
                new RingImages.Packet(FRAME, FRAME.length, TAG_VALID, 7, 0, 0),
                RingImages.Packet.plain(new byte[300])),
            START_NS);
    Random random = new Random(7);
    long damaged = 0;
    for (int round = 0; round < 300_000; round++) {
      byte[] image = whole.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        image[random.nextInt(200)] = (byte) (random.nextBoolean() ? random.nextInt() : -1);
      }
      RingBlock block = new RingBlock(image, LinkTypes.ETHERNET, false);
      block.load(random.nextInt(4) == 0 ? random.nextInt(image.length + 9) : image.length);
      while (!block.isEmpty()) {
        block.handOn(
            (linkType, buffer, offset, captured, wire, ns) -> {
              assertThat(offset).isNotNegative();
              assertThat(captured).isBetween(0, buffer.length - offset);
              assertThat(wire).isGreaterThanOrEqualTo(captured);
            },
            1);
      }
      damaged += block.damaged();
    }
    assertThat(damaged).isPositive();
  }

  private static RingBlock load(RingImages.Packet... packets) {
    byte[] image = RingImages.block(List.of(packets), START_NS);
    RingBlock block = new RingBlock(image, LinkTypes.ETHERNET, false);
    block.load(image.length);
    return block;
  }

  private void see(int linkType, byte[] buffer, int offset, int captured, int wire, long ns) {
    seen.add(text(Arrays.copyOfRange(buffer, offset, offset + captured), wire, ns - START_NS));
  }

  private static String text(byte[] bytes, int wire, long ns) {
    return text(HexFormat.of().formatHex(bytes), wire, ns);
  }

  private static String text(String hex, int wire, long ns) {
    return hex + " of " + wire + " at " + ns;
  }
}
