package io.podhop.agent.flow;

import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.Frames;
import io.podhop.agent.decode.PacketView;
import io.podhop.model.IpAddress;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments of one TCP connection as a point would see them, headers only, written by hand:
 * sequence numbers are absolute, times are microseconds since the start.
 */
final class TcpScript {
  static final int FIN = PacketView.FIN;
  static final int SYN = PacketView.SYN;
  static final int RST = PacketView.RST;
  static final int ACK = PacketView.ACK;
  static final String CLIENT = "192.168.1.21";
  static final String SERVER = "192.168.33.7";
  static final int SERVER_PORT = 5432;
  static final long START_NS = 1_800_000_000_000_000_000L;
  private static final int WINDOW = 502;

  private final List<Packet> packets = new ArrayList<>();
  private final int clientPort;
  private long nowUs;
  private int clientWindow = WINDOW;
  private int serverWindow = WINDOW;

  TcpScript(int clientPort) {
    this.clientPort = clientPort;
  }

  record Packet(long ns, byte[] frame, int wireLength) {}

  List<Packet> packets() {
    return packets;
  }

  /** The next segments pass at this time. */
  TcpScript at(long us) {
    nowUs = us;
    return this;
  }

  TcpScript clientWindow(int window) {
    clientWindow = window;
    return this;
  }

  TcpScript serverWindow(int window) {
    serverWindow = window;
    return this;
  }

  TcpScript client(long seq, long ack, int flags, int length, byte... options) {
    byte[] tcp = tcp(true, seq, ack, flags, options);
    return add(CLIENT, SERVER, tcp, length);
  }

  TcpScript server(long seq, long ack, int flags, int length, byte... options) {
    byte[] tcp = tcp(false, seq, ack, flags, options);
    return add(SERVER, CLIENT, tcp, length);
  }

  /**
   * SYN at 0, SYN-ACK at 100, ACK at 150 microseconds; ISNs 1000 and 5000; both ends scale by 7.
   */
  TcpScript handshake() {
    at(0).client(1000, 0, SYN, 0, Frames.hex("020405b4 01030307"));
    at(100).server(5000, 1001, SYN | ACK, 0, Frames.hex("020405a0 01030307"));
    return at(150).client(1001, 5001, ACK, 0);
  }

  /** Feeds all segments to the table; returns the time of the last one. */
  long play(FlowTable table) {
    PacketView view = new PacketView();
    long last = 0;
    for (Packet packet : packets) {
      byte[] frame = packet.frame();
      DecodeStatus status =
          Decoder.decode(Frames.ETHERNET, frame, 0, frame.length, packet.wireLength(), view);
      if (status != DecodeStatus.OK) {
        throw new IllegalStateException("frame decoded " + status);
      }
      table.accept(0, view, packet.ns());
      last = packet.ns();
    }
    return last;
  }

  /** The one connection of the script. */
  FlowRecord record() {
    FlowTable table = new FlowTable(1, 16, FlowTimeouts.KEEP_ALL, new FlowEvents());
    play(table);
    if (table.size() != 1) {
      throw new IllegalStateException(table.size() + " connections");
    }
    return table.snapshot().getFirst();
  }

  /** Nanosecond pcap, cut behind the headers (draft-ietf-opsawg-pcap). */
  static void writePcap(Path path, List<Packet> packets) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path))) {
      out.write(
          bytes(24)
              .putInt(0xa1b23c4d)
              .putShort((short) 2)
              .putShort((short) 4)
              .putLong(0)
              .putInt(65535)
              .putInt(1)
              .array());
      for (Packet packet : packets) {
        out.write(
            bytes(16)
                .putInt((int) (packet.ns() / 1_000_000_000L))
                .putInt((int) (packet.ns() % 1_000_000_000L))
                .putInt(packet.frame().length)
                .putInt(packet.wireLength())
                .array());
        out.write(packet.frame());
      }
    }
  }

  private TcpScript add(String from, String to, byte[] tcp, int length) {
    byte[] packet =
        Frames.join(
            Frames.hex("4500"),
            Frames.u16(20 + tcp.length + length),
            Frames.hex("1234 4000 4006 0000"),
            IpAddress.parse(from).toBytes(),
            IpAddress.parse(to).toBytes(),
            tcp);
    byte[] frame = Frames.ethernet(packet);
    packets.add(new Packet(START_NS + nowUs * 1000, frame, frame.length + length));
    return this;
  }

  private byte[] tcp(boolean fromClient, long seq, long ack, int flags, byte[] options) {
    int from = fromClient ? clientPort : SERVER_PORT;
    int to = fromClient ? SERVER_PORT : clientPort;
    return Frames.join(
        Frames.u16(from),
        Frames.u16(to),
        Frames.u32(seq),
        Frames.u32(ack),
        Frames.u16((20 + options.length) / 4 << 12 | flags),
        Frames.u16(fromClient ? clientWindow : serverWindow),
        Frames.hex("0000 0000"),
        options);
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }
}
