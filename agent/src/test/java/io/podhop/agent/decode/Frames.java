package io.podhop.agent.decode;

import io.podhop.model.IpAddress;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Frames built byte by byte, without any code of the decoder. */
public final class Frames {
  public static final int ETHERNET = 1;
  public static final byte[] MACS = hex("02000000000b 02000000000a");

  private Frames() {}

  public static byte[] hex(String text) {
    String digits = text.replaceAll("\\s", "");
    byte[] bytes = new byte[digits.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(digits.substring(2 * i, 2 * i + 2), 16);
    }
    return bytes;
  }

  public static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  public static byte[] ethernet(int etherType, byte[] payload) {
    return join(MACS, u16(etherType), payload);
  }

  /** Ethernet around an IP packet of either version. */
  public static byte[] ethernet(byte[] packet) {
    return ethernet(packet[0] >>> 4 == 4 ? 0x0800 : 0x86dd, packet);
  }

  public static byte[] tagged(int tagType, int vlan, int etherType, byte[] payload) {
    return ethernet(tagType, join(u16(vlan), u16(etherType), payload));
  }

  public static byte[] ip(String from, String to, int protocol, byte[] payload) {
    IpAddress source = IpAddress.parse(from);
    IpAddress destination = IpAddress.parse(to);
    return source.isIpv4()
        ? ipv4(source, destination, protocol, payload)
        : join(
            hex("60000000"),
            u16(payload.length),
            new byte[] {(byte) protocol, 63},
            source.toBytes(),
            destination.toBytes(),
            payload);
  }

  private static byte[] ipv4(IpAddress from, IpAddress to, int protocol, byte[] payload) {
    return join(
        hex("4500"),
        u16(20 + payload.length),
        hex("1234 4000"),
        new byte[] {63, (byte) protocol, 0, 0},
        from.toBytes(),
        to.toBytes(),
        payload);
  }

  public static byte[] tcp(int from, int to, long seq, long ack, int flags, byte[] rest) {
    int options = (flags & PacketView.SYN) != 0 ? rest.length : 0;
    return join(
        u16(from),
        u16(to),
        u32(seq),
        u32(ack),
        u16((20 + options) / 4 << 12 | flags),
        hex("faf0 0000 0000"),
        rest);
  }

  /** A segment with options, which are padded with end-of-options. */
  public static byte[] segment(int from, int to, int flags, byte[] options, byte[] payload) {
    byte[] padded = java.util.Arrays.copyOf(options, options.length + 3 & ~3);
    return join(
        u16(from),
        u16(to),
        u32(0x01020304),
        u32(0x05060708),
        u16((20 + padded.length) / 4 << 12 | flags),
        hex("faf0 0000 0000"),
        padded,
        payload);
  }

  public static byte[] udp(int from, int to, byte[] payload) {
    return join(u16(from), u16(to), u16(8 + payload.length), u16(0), payload);
  }

  public static byte[] icmp(int type, int code, long rest, byte[] payload) {
    return join(new byte[] {(byte) type, (byte) code, 0, 0}, u32(rest), payload);
  }

  public static byte[] echo(int type, int identifier, int sequence) {
    return icmp(type, 0, (long) identifier << 16 | sequence, new byte[56]);
  }

  public static byte[] dns(int id, int flags, String name, int type) {
    ByteArrayOutputStream question = new ByteArrayOutputStream();
    for (String label : name.split("\\.")) {
      question.write(label.length());
      question.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    }
    question.write(0);
    return join(
        u16(id), u16(flags), hex("0001 0000 0000 0000"), question.toByteArray(), u16(type), u16(1));
  }

  /** A response to the question with the records as its answer section. */
  public static byte[] dnsResponse(int flags, String name, int type, byte[]... records) {
    byte[] message = join(dns(0x4711, flags, name, type), join(records));
    message[7] = (byte) records.length;
    return message;
  }

  /** A record whose owner is a compression pointer to the first question's name. */
  public static byte[] record(int type, long ttlSeconds, byte[] data) {
    return join(hex("c00c"), u16(type), u16(1), u32(ttlSeconds), u16(data.length), data);
  }

  /** A message with the length that goes before it over TCP. */
  public static byte[] prefixed(byte[] message) {
    return join(u16(message.length), message);
  }

  public static byte[] vxlan(int flags, int vni, byte[] frame) {
    return join(new byte[] {(byte) flags, 0, 0, 0}, u32((long) vni << 8), frame);
  }

  /** A QUIC Initial with a two-byte token and {@code length} bytes behind its header. */
  public static byte[] quicInitial(
      int first, long version, byte[] destinationId, byte[] sourceId, int length) {
    return join(
        new byte[] {(byte) first},
        u32(version),
        new byte[] {(byte) destinationId.length},
        destinationId,
        new byte[] {(byte) sourceId.length},
        sourceId,
        hex("02 abcd"),
        u16(0x4000 | length),
        new byte[length]);
  }

  public static byte[] u16(int value) {
    return ByteBuffer.allocate(2).putShort((short) value).array();
  }

  public static byte[] u32(long value) {
    return ByteBuffer.allocate(4).putInt((int) value).array();
  }
}
