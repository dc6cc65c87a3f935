package io.podhop.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.Frames;
import io.podhop.agent.decode.PacketView;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FlowMutationTest {
  private static final long SEED = 20261124;
  private static final int PACKETS = 3_000_000;
  private static final int CAPACITY = 2000;

  /** Bytes of the IPv4 and TCP header that are often changed, so that much still decodes. */
  private static final int[] FIELDS = {29, 33, 35, 37, 38, 39, 40, 41, 42, 43, 44, 45, 47, 48, 49};

  private final Random random = new Random(SEED);
  private final List<byte[]> frames = new ArrayList<>();
  private FlowTable table = new FlowTable(4, CAPACITY, FlowTimeouts.DEFAULT, checking());
  private long endings;

  private FlowEvents checking() {
    return new FlowEvents(
        slot -> {
          if (endings++ % 64 == 0) {
            TableCheck.assertSane(table.record(slot));
          }
        },
        slot -> TableCheck.assertSane(table.record(slot)));
  }

  @Test
  void mutatedPacketsAndTimes_neverThrow_norBreakTheTable() {
    originals();
    PacketView view = new PacketView();
    byte[] buffer = new byte[256];
    long nowNs = 1_800_000_000_000_000_000L;
    int accepted = 0;
    for (int i = 0; i < PACKETS; i++) {
      byte[] frame = frames.get(random.nextInt(frames.size()));
      System.arraycopy(frame, 0, buffer, 0, frame.length);
      mutate(buffer, frame.length);
      int wire = random.nextInt(8) == 0 ? frame.length + random.nextInt(70_000) : frame.length;
      nowNs += step();
      if (Decoder.decode(Frames.ETHERNET, buffer, 0, frame.length, wire, view) == DecodeStatus.OK) {
        accepted++;
        table.accept(random.nextInt(4), view, nowNs);
      }
      disturb(i, nowNs);
    }

    assertThat(accepted).isGreaterThan(PACKETS / 4);
    assertThat(endings).isGreaterThan(CAPACITY);
    table.finish(nowNs);
    assertThat(table.size()).isZero();
    TableCheck.assertConsistent(table);
  }

  private void disturb(int i, long nowNs) {
    if (i % 16 == 0) {
      table.sweep(nowNs, random.nextInt(40));
    }
    if (i % 20_011 == 0) {
      table.removePoint(random.nextInt(4));
    }
    if (i % 100_003 == 0) {
      assertThat(table.size()).isLessThanOrEqualTo(CAPACITY);
      TableCheck.assertConsistent(table);
      table.snapshot().forEach(TableCheck::assertSane);
    }
  }

  private long step() {
    return switch (random.nextInt(2000)) {
      case 0 -> 400_000_000_000L;
      case 1 -> -200_000_000_000L;
      case 2, 3, 4, 5, 6 -> random.nextInt();
      default -> random.nextInt(100_000);
    };
  }

  private void mutate(byte[] buffer, int length) {
    for (int changes = random.nextInt(5); changes > 0; changes--) {
      int at =
          random.nextInt(3) == 0 ? random.nextInt(length) : FIELDS[random.nextInt(FIELDS.length)];
      buffer[at] = (byte) random.nextInt(random.nextBoolean() ? 4 : 256);
    }
  }

  private void originals() {
    TcpScript script = new TcpScript(40112).handshake();
    script.client(1001, 5001, TcpScript.ACK, 100).server(5001, 1101, TcpScript.ACK, 900);
    script.client(1101, 5901, TcpScript.ACK, 0, Frames.hex("0101050a000003e9000007d1"));
    script.client(1101, 5901, TcpScript.FIN | TcpScript.ACK, 0);
    script.server(5901, 1102, TcpScript.FIN | TcpScript.ACK, 0);
    script.server(5902, 1102, TcpScript.RST, 0);
    script.packets().forEach(packet -> frames.add(packet.frame()));
    String from = TcpScript.CLIENT;
    String to = TcpScript.SERVER;
    frames.add(packet(from, to, 17, Frames.udp(4000, 53, Frames.dns(7, 0x100, "a.b", 1))));
    frames.add(packet(to, from, 17, Frames.udp(53, 4000, Frames.dns(7, 0x8180, "a.b", 1))));
    frames.add(packet(from, to, 1, Frames.echo(8, 1, 2)));
    frames.add(packet(to, from, 1, Frames.echo(0, 1, 2)));
    byte[] quoted = Frames.ip(from, to, 17, Frames.udp(4000, 53, Frames.dns(7, 1, "a.b", 1)));
    frames.add(packet("10.0.0.1", from, 1, Frames.icmp(3, 1, 0, quoted)));
  }

  private static byte[] packet(String from, String to, int protocol, byte[] payload) {
    return Frames.ethernet(Frames.ip(from, to, protocol, payload));
  }
}
