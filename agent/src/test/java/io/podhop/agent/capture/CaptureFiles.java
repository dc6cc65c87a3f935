package io.podhop.agent.capture;

import io.podhop.agent.decode.Frames;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Capture files written byte by byte (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng). */
final class CaptureFiles {
  static final long START_NS = 1_800_000_000_123_456_789L;

  private CaptureFiles() {}

  /** Nanosecond pcap; frame i is stamped {@link #START_NS} + i. */
  static void writePcap(Path path, List<byte[]> frames, int repeat) throws IOException {
    try (OutputStream out = Files.newOutputStream(path)) {
      out.write(
          bytes(24)
              .putInt(0xa1b23c4d)
              .putShort((short) 2)
              .putShort((short) 4)
              .putLong(0)
              .putInt(65535)
              .putInt(1)
              .array());
      long timestampNs = START_NS;
      ByteBuffer block = bytes(4 << 20);
      for (int i = 0; i < repeat; i++) {
        for (byte[] frame : frames) {
          if (block.remaining() < 16 + frame.length) {
            out.write(block.array(), 0, block.position());
            block.clear();
          }
          block.putInt((int) (timestampNs / 1_000_000_000L));
          block.putInt((int) (timestampNs % 1_000_000_000L));
          block.putInt(frame.length).putInt(frame.length).put(frame);
          timestampNs++;
        }
      }
      out.write(block.array(), 0, block.position());
    }
  }

  /** Pcapng with nanosecond resolution and one interface. */
  static void writePcapng(Path path, List<byte[]> frames) throws IOException {
    try (OutputStream out = Files.newOutputStream(path)) {
      writeBlock(out, 0x0a0d0d0a, Frames.join(le32(0x1a2b3c4d), le32(1), le32(-1), le32(-1)));
      writeBlock(out, 1, Frames.join(le32(1), le32(65535), le32(9 | 1 << 16), le32(9), le32(0)));
      long timestampNs = START_NS;
      for (byte[] frame : frames) {
        byte[] padded = java.util.Arrays.copyOf(frame, frame.length + 3 & ~3);
        writeBlock(
            out,
            6,
            Frames.join(
                le32(0),
                le32((int) (timestampNs >>> 32)),
                le32((int) timestampNs),
                le32(frame.length),
                le32(frame.length),
                padded));
        timestampNs++;
      }
    }
  }

  private static void writeBlock(OutputStream out, int type, byte[] body) throws IOException {
    out.write(Frames.join(le32(type), le32(12 + body.length), body, le32(12 + body.length)));
  }

  private static byte[] le32(int value) {
    return bytes(4).putInt(value).array();
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }
}
