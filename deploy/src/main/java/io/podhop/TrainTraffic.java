package io.podhop;

import io.podhop.pcapng.CapturedBy;
import io.podhop.pcapng.CapturedOn;
import io.podhop.pcapng.PcapngWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A capture file of made-up connections, for the start-up cache: reading it shows the JVM which
 * code of the packet path is hot, long before a user's file does.
 */
final class TrainTraffic {
  private static final int CONNECTIONS = 4_000;
  private static final int ROUNDS = 12;
  private static final int ETHERNET = 1;
  private static final int FRAME_BYTES = 66;
  private static final int PAYLOAD_BYTES = 1_000;
  private static final int SYN = 0x02;
  private static final int ACK = 0x10;
  private static final int FIN = 0x01;
  private static final long STEP_NS = 5_000;

  private final PcapngWriter writer;
  private final ByteBuffer frame = ByteBuffer.allocate(FRAME_BYTES);
  private long nowNs = 1_700_000_000_000_000_000L;

  private TrainTraffic(PcapngWriter writer) {
    this.writer = writer;
  }

  static void write(Path file) throws IOException {
    try (PcapngWriter writer =
        new PcapngWriter(
            new BufferedOutputStream(Files.newOutputStream(file)),
            new CapturedBy("", "", "", ""))) {
      writer.describe(new CapturedOn("eth0", "", "", ETHERNET, FRAME_BYTES));
      new TrainTraffic(writer).connections();
    }
  }

  /** All at once, in random order, each with its handshake, data, acknowledgements and end. */
  private void connections() throws IOException {
    Random random = new Random(1);
    int[] step = new int[CONNECTIONS];
    for (int packet = 0; packet < CONNECTIONS * ROUNDS; packet++) {
      int connection = random.nextInt(CONNECTIONS);
      segment(connection, step[connection]++);
    }
  }

  private void segment(int connection, int step) throws IOException {
    boolean fromClient = step % 2 == 0;
    int data = Math.max(0, step - 3) / 2 * PAYLOAD_BYTES;
    switch (step) {
      case 0 -> packet(connection, true, 100, 0, SYN, 0);
      case 1 -> packet(connection, false, 500, 101, SYN | ACK, 0);
      case 2 -> packet(connection, true, 101, 501, ACK, 0);
      case 10 -> packet(connection, true, 101, 501 + data, FIN | ACK, 0);
      case 11 -> packet(connection, false, 501 + data, 102, FIN | ACK, 0);
      default -> {
        if (fromClient) {
          packet(connection, true, 101, 501 + data, ACK, 0);
        } else {
          packet(connection, false, 501 + data, 101, ACK, PAYLOAD_BYTES);
        }
      }
    }
  }

  private void packet(
      int connection, boolean fromClient, long sequence, long acknowledged, int flags, int payload)
      throws IOException {
    int client = 0x0a00_0000 | connection >> 4;
    int server = 0x0a01_0001;
    int port = 30_000 + (connection & 15);
    frame.clear();
    frame.putLong(0x0200_0000_0001_0200L).putInt(0x0000_0002).putShort((short) 0x0800);
    frame.putShort((short) 0x4500).putShort((short) (52 + payload));
    frame.putInt(0x0000_4000).putInt(0x4006_0000);
    frame.putInt(fromClient ? client : server).putInt(fromClient ? server : client);
    frame.putShort((short) (fromClient ? port : 80)).putShort((short) (fromClient ? 80 : port));
    frame.putInt((int) sequence).putInt((int) acknowledged);
    frame.putShort((short) (0x8000 | flags)).putShort((short) 512).putInt(0);
    frame.putInt(0x0101_080a).putInt((int) (nowNs / 1_000_000)).putInt(1);
    nowNs += STEP_NS;
    writer.packet(0, nowNs, frame.flip(), FRAME_BYTES + payload, "");
  }
}
