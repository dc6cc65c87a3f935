package io.podhop.agent.capture;

import java.io.IOException;
import java.util.List;

/**
 * The pcap format (draft-ietf-opsawg-pcap).
 *
 * <pre>
 *   file:   0 magic | 4 major (2) | 6 minor (2) | 8 reserved (8) | 16 snaplen | 20 link type
 *   packet: 0 seconds | 4 fraction | 8 captured | 12 length
 * </pre>
 */
final class ClassicFormat implements FileFormat {
  private static final int MICROSECONDS = 0xa1b2c3d4;
  private static final int NANOSECONDS = 0xa1b23c4d;
  private static final int MODIFIED = 0xa1b2cd34;
  private static final int FILE_HEADER_BYTES = 24;
  private static final int PACKET_HEADER_BYTES = 16;
  private static final int MAJOR = 2;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final FileInput input;
  private final FrameFilter filter;
  private final boolean bigEndian;
  private final int nanosPerFraction;
  private final int linkType;
  private long total;

  ClassicFormat(FileInput input, FrameFilter filter, int magic) throws IOException {
    this.input = input;
    this.filter = filter;
    this.bigEndian = !isMagic(magic);
    int inOrder = bigEndian ? Integer.reverseBytes(magic) : magic;
    if (inOrder == MODIFIED) {
      throw new IOException(
          "a pcap file of the modified kind (magic a1b2cd34), which is not supported; "
              + "editcap converts it");
    }
    if (!isMagic(inOrder)) {
      throw new IOException("no capture file: it begins with " + String.format("%08x", magic));
    }
    this.nanosPerFraction = inOrder == NANOSECONDS ? 1 : 1000;
    int at = input.require(FILE_HEADER_BYTES);
    int major = input.shortAt(at + 4, bigEndian);
    if (major != MAJOR) {
      throw new IOException("a pcap file of version " + major + ", not 2");
    }
    this.linkType = input.intAt(at + 20, bigEndian) & 0xffff;
    input.advance(FILE_HEADER_BYTES);
  }

  @Override
  public boolean next(FrameHandler handler) throws IOException {
    int at = input.require(PACKET_HEADER_BYTES);
    if (at < 0) {
      return false;
    }
    int captured = input.intAt(at + 8, bigEndian);
    int wire = input.intAt(at + 12, bigEndian);
    if (captured < 0 || captured > MAX_CAPTURED_BYTES || wire < 0) {
      throw new IOException(
          "damaged at byte "
              + input.offset()
              + ": a packet of "
              + Integer.toUnsignedString(captured)
              + " bytes");
    }
    at = input.require(PACKET_HEADER_BYTES + captured);
    long timestampNs =
        Integer.toUnsignedLong(input.intAt(at, bigEndian)) * NANOS_PER_SECOND
            + Integer.toUnsignedLong(input.intAt(at + 4, bigEndian)) * nanosPerFraction;
    input.advance(PACKET_HEADER_BYTES + captured);
    int data = at + PACKET_HEADER_BYTES;
    if (filter.passes(linkType, input.buffer(), data, captured, wire)) {
      total++;
      handler.frame(
          linkType, input.buffer(), data, captured, Math.max(wire, captured), timestampNs);
    }
    return true;
  }

  @Override
  public long total() {
    return total;
  }

  @Override
  public int interfaceIndex() {
    return 0;
  }

  @Override
  public List<FileInterface> interfaces() {
    return List.of(new FileInterface("", "", linkType));
  }

  private static boolean isMagic(int value) {
    return value == MICROSECONDS || value == NANOSECONDS || value == MODIFIED;
  }
}
