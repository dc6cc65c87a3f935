package io.podhop.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.Frames;
import io.podhop.agent.decode.PacketView;
import io.podhop.agent.decode.SampleFrames;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PacketBatchTest {
  private static final int PACKETS = 20_000;
  private static final int POINTS = 3;

  private final FlowTable oneByOne =
      new FlowTable(POINTS, 4_096, FlowTimeouts.KEEP_ALL, new FlowEvents());
  private final FlowTable gathered =
      new FlowTable(POINTS, 4_096, FlowTimeouts.KEEP_ALL, new FlowEvents());
  private final PacketBatch batch = new PacketBatch(gathered);

  /** The buffer is overwritten after every frame, as a capture's is. */
  @Test
  void packetsOfEveryKind_giveTheSameRecordsAsOneByOne() {
    Random random = new Random(7);
    List<byte[]> frames = SampleFrames.ALL;
    byte[] buffer = new byte[SampleFrames.MAX_LENGTH];
    PacketView view = new PacketView();
    for (int i = 0; i < PACKETS; i++) {
      byte[] frame = frames.get(random.nextInt(frames.size()));
      System.arraycopy(frame, 0, buffer, 0, frame.length);
      int point = random.nextInt(POINTS);
      if (decode(buffer, frame.length, view) == DecodeStatus.OK) {
        oneByOne.accept(point, view, i);
      }
      if (decode(buffer, frame.length, batch.next()) == DecodeStatus.OK) {
        batch.add(point, i);
      }
      Arrays.fill(buffer, (byte) 0xa5);
    }
    batch.flush();

    assertThat(gathered.size()).isGreaterThan(POINTS * 5);
    assertThat(gathered.snapshot()).isEqualTo(oneByOne.snapshot());
    assertThat(gathered.unattributed()).isEqualTo(oneByOne.unattributed());
  }

  @Test
  void flush_nothingWaits_changesNothing() {
    batch.flush();

    assertThat(gathered.size()).isZero();
  }

  private static DecodeStatus decode(byte[] buffer, int length, PacketView view) {
    return Decoder.decode(Frames.ETHERNET, buffer, 0, length, length, view);
  }
}
