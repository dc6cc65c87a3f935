package io.podhop.agent.capture;

import io.podhop.agent.decode.Frames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Blocks of pcapng files (draft-ietf-opsawg-pcapng) of either byte order, byte by byte. */
record PcapngBytes(ByteOrder order) {
  byte[] section() {
    return block(0x0a0d0d0a, Frames.join(u32(0x1a2b3c4d), u16(1), u16(0), u32(-1), u32(-1)));
  }

  /**
   * An interface description.
   *
   * @param resolution if_tsresol
   * @param offsetSeconds if_tsoffset
   */
  byte[] describe(String name, int linkType, int snapshot, int resolution, long offsetSeconds) {
    return block(
        1,
        Frames.join(
            u16(linkType),
            u16(0),
            u32(snapshot),
            option(2, name.getBytes(StandardCharsets.UTF_8)),
            option(9, new byte[] {(byte) resolution}),
            option(14, u64(offsetSeconds)),
            u32(0)));
  }

  byte[] enhanced(int onInterface, long ticks, byte[] frame, int wire) {
    return block(
        6,
        Frames.join(
            u32(onInterface),
            u32((int) (ticks >>> 32)),
            u32((int) ticks),
            u32(frame.length),
            u32(wire),
            padded(frame),
            option(1, "a comment".getBytes(StandardCharsets.UTF_8)),
            u32(0)));
  }

  byte[] old(int onInterface, long ticks, byte[] frame) {
    return block(
        2,
        Frames.join(
            u16(onInterface),
            u16(3),
            u32((int) (ticks >>> 32)),
            u32((int) ticks),
            u32(frame.length),
            u32(frame.length),
            padded(frame)));
  }

  byte[] simple(byte[] frame, int wire) {
    return block(3, Frames.join(u32(wire), padded(frame)));
  }

  byte[] block(int type, byte[] body) {
    return Frames.join(u32(type), u32(12 + body.length), body, u32(12 + body.length));
  }

  private byte[] option(int code, byte[] value) {
    return Frames.join(u16(code), u16(value.length), padded(value));
  }

  private static byte[] padded(byte[] bytes) {
    return Arrays.copyOf(bytes, bytes.length + 3 & ~3);
  }

  byte[] u16(int value) {
    return ByteBuffer.allocate(2).order(order).putShort((short) value).array();
  }

  byte[] u32(int value) {
    return ByteBuffer.allocate(4).order(order).putInt(value).array();
  }

  private byte[] u64(long value) {
    return ByteBuffer.allocate(8).order(order).putLong(value).array();
  }
}
