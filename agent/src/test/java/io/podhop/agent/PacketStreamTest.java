package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Role;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Packet;
import io.podhop.v1.PacketCapture;
import io.podhop.v1.Packets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PacketStreamTest {
  private static final byte[] FRAME = new byte[1_000];

  private final List<Packets> sent = new CopyOnWriteArrayList<>();
  private volatile boolean reads = true;
  private PacketStream stream = stream(0);

  private PacketStream stream(long maxBytes) {
    return new PacketStream(
        "r7", PacketCapture.newBuilder().setMaxBytes(maxBytes).build(), this::take);
  }

  private boolean take(AgentMessage message) {
    if (reads) {
      sent.add(message.getPackets());
    }
    return reads;
  }

  @AfterEach
  void stop() {
    stream.close();
  }

  private void frames(int count) {
    for (int i = 0; i < count; i++) {
      stream.frame(i % 3, FRAME, 10, 900, 1_500, i);
    }
  }

  private List<Packet> packets() {
    return sent.stream().flatMap(message -> message.getPacketsList().stream()).toList();
  }

  @Test
  void frame_few_areSentAfterAShortTime() {
    stream.start();
    FRAME[10] = 42;
    frames(2);
    FRAME[10] = 0;
    await().atMost(5, TimeUnit.SECONDS).until(() -> packets().size() == 2);
    Packet second = packets().get(1);
    assertThat(second.getPoint()).isEqualTo(1);
    assertThat(second.getTimeNs()).isEqualTo(1);
    assertThat(second.getWireLength()).isEqualTo(1_500);
    assertThat(second.getData().size()).isEqualTo(900);
    assertThat(second.getData().byteAt(0)).isEqualTo((byte) 42);
    assertThat(sent.getFirst().getRequestId()).isEqualTo("r7");
  }

  @Test
  void frame_many_areSentInBatchesAndInOrder() {
    stream.start();
    frames(5_000);
    stream.end();
    assertThat(packets()).hasSize(5_000);
    assertThat(packets().stream().map(Packet::getTimeNs)).isSorted();
    assertThat(sent)
        .allSatisfy(
            message -> {
              assertThat(message.getSerializedSize()).isLessThan(2 * PacketStream.BATCH_BYTES);
              assertThat(message.getDropped()).isZero();
              assertThat(message.getFull()).isFalse();
            });
  }

  @Test
  void frame_collectorDoesNotRead_isDroppedCountedAndTold() {
    reads = false;
    stream.start();
    frames(20_000);
    reads = true;
    stream.end();
    long kept = packets().size();
    assertThat(kept * 900).isLessThanOrEqualTo(PacketStream.QUEUE_BYTES);
    assertThat(sent.getLast().getDropped()).isEqualTo(20_000 - kept).isPositive();
  }

  @Test
  void frame_sizeReached_endsWithFull() {
    stream = stream(9_000);
    stream.start();
    frames(50);
    stream.end();
    assertThat(packets()).hasSize(10);
    assertThat(sent.getLast().getFull()).isTrue();
    assertThat(sent.getLast().getDropped()).isZero();
  }

  @Test
  void end_collectorNeverReads_returnsInTime() {
    reads = false;
    stream.start();
    frames(10);
    stream.end();
    assertThat(sent).isEmpty();
  }

  @Test
  void filter_sharedInterfaces_passOnlyThePodsPackets() {
    List<IpAddress> addresses =
        List.of(IpAddress.parse("192.168.1.22"), IpAddress.parse("2001:db8::1"));
    ObservationPoint pod = new ObservationPoint("n", Role.POD_ETH0, 1, 2, "eth0", "shop/web");
    ObservationPoint eni = new ObservationPoint("n", Role.ENI, 1, 2, "eth1", "eni-1");
    assertThat(PacketStream.filter(pod, "", addresses)).isEmpty();
    assertThat(PacketStream.filter(pod, "tcp", addresses)).isEqualTo("tcp");
    assertThat(PacketStream.filter(eni, "", addresses))
        .isEqualTo("host 192.168.1.22 or host 2001:db8::1");
    assertThat(PacketStream.filter(eni, "tcp or udp", addresses))
        .isEqualTo("(tcp or udp) and (host 192.168.1.22 or host 2001:db8::1)");
  }
}
