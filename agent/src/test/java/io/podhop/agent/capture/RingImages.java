package io.podhop.agent.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Blocks of a TPACKET_V3 ring, made by hand from the kernel's documentation. */
final class RingImages {
  private static final int FIRST = 48;
  private static final int MAC = 82;

  private RingImages() {}

  /**
   * A packet.
   *
   * @param status of its header, without TP_STATUS_USER
   * @param tag the 802.1Q tag's control information
   * @param packetType sll_pkttype
   */
  record Packet(byte[] bytes, int wire, int status, int tag, int tagType, int packetType) {
    static Packet plain(byte[] bytes) {
      return new Packet(bytes, bytes.length, 0, 0, 0, 0);
    }
  }

  static byte[] block(List<Packet> packets, long firstNs) {
    ByteBuffer image = ByteBuffer.allocate(1 << 16).order(ByteOrder.nativeOrder());
    image.putInt(0, 1).putInt(8, 1).putInt(12, packets.size()).putInt(16, FIRST);
    int at = FIRST;
    for (int i = 0; i < packets.size(); i++) {
      Packet packet = packets.get(i);
      int length = MAC + packet.bytes().length + 7 & ~7;
      image.putInt(at, i + 1 < packets.size() ? length : 0);
      image.putInt(at + 4, (int) ((firstNs + i) / 1_000_000_000L));
      image.putInt(at + 8, (int) ((firstNs + i) % 1_000_000_000L));
      image.putInt(at + 12, packet.bytes().length).putInt(at + 16, packet.wire());
      image.putInt(at + 20, 1 | packet.status());
      image.putShort(at + 24, (short) MAC).putShort(at + 26, (short) (MAC + 14));
      image.putInt(at + 32, packet.tag()).putShort(at + 36, (short) packet.tagType());
      image.put(at + 58, (byte) packet.packetType());
      image.put(at + MAC, packet.bytes());
      at += length;
    }
    image.putInt(20, at);
    byte[] used = new byte[at];
    image.get(0, used);
    return used;
  }
}
