package io.podhop.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The packets of a pcap that pcapgen wrote (Ethernet, nanoseconds, this machine's byte order), one
 * behind the other in one array as in a capture ring.
 */
final class Frames {
  static final int LINK_TYPE = 1;
  private static final int MAGIC_NS = 0xa1b23c4d;
  private static final int FILE_HEADER = 24;
  private static final int RECORD_HEADER = 16;

  final byte[] bytes;
  final int[] offsets;
  final int[] capturedLengths;
  final int[] wireLengths;
  final long[] timestampsNs;

  private Frames(byte[] bytes, int count) {
    this.bytes = bytes;
    offsets = new int[count];
    capturedLengths = new int[count];
    wireLengths = new int[count];
    timestampsNs = new long[count];
  }

  /** Of the file that the property {@code podhop.bench.pcap} names; their number is a power of two. */
  static Frames load() {
    try {
      return parse(Files.readAllBytes(Path.of(System.getProperty("podhop.bench.pcap"))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int count() {
    return offsets.length;
  }

  private static Frames parse(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.nativeOrder());
    if (in.getInt(0) != MAGIC_NS) {
      throw new IllegalArgumentException("not a pcap of pcapgen");
    }
    Frames frames = new Frames(file, Integer.highestOneBit(records(in)));
    int at = FILE_HEADER;
    for (int i = 0; i < frames.count(); i++) {
      frames.timestampsNs[i] = in.getInt(at) * 1_000_000_000L + in.getInt(at + 4);
      frames.capturedLengths[i] = in.getInt(at + 8);
      frames.wireLengths[i] = in.getInt(at + 12);
      frames.offsets[i] = at + RECORD_HEADER;
      at = frames.offsets[i] + frames.capturedLengths[i];
    }
    return frames;
  }

  private static int records(ByteBuffer in) {
    int count = 0;
    for (int at = FILE_HEADER; at < in.limit(); at += RECORD_HEADER + in.getInt(at + 8)) {
      count++;
    }
    return count;
  }
}
