package io.podhop.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.Frames;
import io.podhop.agent.decode.PacketView;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlowFloodTest {
  private static final int FLOODED = 5_000_000;
  private static final int ESTABLISHED = 1000;
  private static final int CAPACITY = 16_384;
  private static final int SYN = PacketView.SYN;
  private static final int ACK = PacketView.ACK;
  private static final byte[] NONE = new byte[0];

  private final PacketView view = new PacketView();
  private long nowNs = 1_800_000_000_000_000_000L;

  @Test
  void synFloodOfFiveMillionTuples_leavesEstablishedConnectionsIntact_inTheSameMemory() {
    FlowEvents events = new FlowEvents();
    FlowTable table = new FlowTable(1, CAPACITY, FlowTimeouts.DEFAULT, events);
    byte[][][] connections = new byte[ESTABLISHED][][];
    for (int i = 0; i < ESTABLISHED; i++) {
      connections[i] = establish(table, 2000 + i);
    }
    byte[] syn = frame("10.0.0.0", "192.168.0.1", Frames.tcp(1, 80, 7, 0, SYN, NONE));
    ByteBuffer fields = ByteBuffer.wrap(syn);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytesBefore = 0;
    for (int i = 0; i < FLOODED; i++) {
      if (i == 2 * CAPACITY) {
        bytesBefore = threads.getCurrentThreadAllocatedBytes();
      }
      fields.putInt(14 + 12, 0x0a00_0000 + (i >>> 4));
      fields.putShort(14 + 20, (short) (1024 + (i & 15)));
      accept(table, syn);
      if (i % 5000 == 0) {
        byte[][] pair = connections[i / 5000];
        accept(table, pair[0]);
        accept(table, pair[1]);
      }
    }
    long bytes = threads.getCurrentThreadAllocatedBytes() - bytesBefore;

    assertThat((double) bytes / FLOODED).as("bytes allocated per SYN").isLessThan(1);
    assertAccounted(table, events);
    assertIntact(table.snapshot().subList(0, ESTABLISHED));
    TableCheck.assertConsistent(table);
  }

  private static void assertAccounted(FlowTable table, FlowEvents events) {
    assertThat(table.size()).isEqualTo(CAPACITY);
    assertThat(table.created()).isEqualTo(FLOODED + ESTABLISHED);
    assertThat(table.evicted()).isEqualTo(new Evicted(0, FLOODED + ESTABLISHED - CAPACITY, 0));
    assertThat(events.endCount()).isEqualTo(table.evicted().total());
    assertThat(events.firstCount()).isEqualTo(FLOODED + 5L * ESTABLISHED);
    assertThat(table.overflowed(0)).isZero();
  }

  private static void assertIntact(List<FlowRecord> established) {
    assertThat(established)
        .allSatisfy(
            flow -> {
              assertThat(flow.key().source()).hasToString("172.16.0.1");
              assertThat(flow.request().packets()).isEqualTo(3);
              assertThat(flow.request().payloadBytes()).isEqualTo(10);
              assertThat(flow.reply().payloadBytes()).isEqualTo(20);
              assertThat(flow.tcp().orElseThrow().retransmits()).isZero();
            });
  }

  @Test
  void packetsOfKnownConnections_allocateNothing() {
    FlowTable table = new FlowTable(1, CAPACITY, FlowTimeouts.DEFAULT, new FlowEvents());
    byte[][] pair = establish(table, 2000);
    byte[] datagram = frame("10.0.0.1", "10.0.0.2", Frames.udp(5, 6, new byte[9]));
    datagram[14 + 9] = 17;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = 0;
    int packets = 300_000;
    for (int round = 0; round < 2; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < packets / 3; i++) {
        accept(table, pair[0]);
        accept(table, pair[1]);
        accept(table, datagram);
        table.sweep(nowNs, 4);
      }
      bytes = threads.getCurrentThreadAllocatedBytes() - before;
    }

    assertThat((double) bytes / packets).as("bytes per packet").isLessThan(0.1);
    assertThat(table.size()).isEqualTo(2);
  }

  /** Opens a connection; returns a segment of each end. */
  private byte[][] establish(FlowTable table, int port) {
    String client = "172.16.0.1";
    String server = "192.168.0.1";
    accept(table, frame(client, server, Frames.tcp(port, 80, 100, 0, SYN, NONE)));
    accept(table, frame(server, client, Frames.tcp(80, port, 500, 101, SYN | ACK, NONE)));
    accept(table, frame(client, server, Frames.tcp(port, 80, 101, 501, ACK, NONE)));
    return new byte[][] {
      frame(client, server, Frames.tcp(port, 80, 101, 501, ACK, new byte[10])),
      frame(server, client, Frames.tcp(80, port, 501, 111, ACK, new byte[20]))
    };
  }

  private static byte[] frame(String from, String to, byte[] payload) {
    return Frames.ethernet(Frames.ip(from, to, 6, payload));
  }

  private void accept(FlowTable table, byte[] frame) {
    Decoder.decode(Frames.ETHERNET, frame, 0, frame.length, frame.length, view);
    table.accept(0, view, nowNs++);
  }
}
