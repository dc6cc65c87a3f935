package io.podhop.agent.capture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The pcapng format (draft-ietf-opsawg-pcapng): several sections, each with its own byte order and
 * interfaces, which are numbered through here.
 *
 * <pre>
 *   block:           0 type | 4 total length | ... | total length - 4 total length
 *   section header:  8 byte order magic | 12 major (2) | 14 minor (2) | 16 section length (8) | 24 options
 *   interface:       8 link type (2) | 10 reserved (2) | 12 snaplen | 16 options
 *   enhanced packet: 8 interface | 12 time, high | 16 time, low | 20 captured | 24 length | 28 data
 *   old packet:      8 interface (2) | 10 drops (2) | the rest as above
 *   simple packet:   8 length | 12 data
 * </pre>
 */
final class PcapngFormat implements FileFormat {
  static final int SECTION_HEADER = 0x0a0d0d0a;

  /** Of all sections of a file together. */
  static final int MAX_INTERFACES = 16_384;

  private static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
  private static final int INTERFACE = 1;
  private static final int OLD_PACKET = 2;
  private static final int SIMPLE_PACKET = 3;
  private static final int ENHANCED_PACKET = 6;
  private static final int FRAME_BYTES = 12;
  private static final int SECTION_BYTES = 28;
  private static final int INTERFACE_BYTES = 20;
  private static final int PACKET_BYTES = 32;
  private static final int SIMPLE_PACKET_BYTES = 16;

  private final FileInput input;
  private final FrameFilter filter;
  private final List<FileInterface> interfaces = new ArrayList<>();
  private final List<FileClock> clocks = new ArrayList<>();
  private final List<Integer> snapshots = new ArrayList<>();
  private boolean bigEndian;
  private int sectionStart;
  private int interfaceIndex;
  private long total;

  PcapngFormat(FileInput input, FrameFilter filter) throws IOException {
    this.input = input;
    this.filter = filter;
    if (!block(NOBODY)) {
      throw damaged("there is no section header");
    }
  }

  @Override
  public boolean next(FrameHandler handler) throws IOException {
    long before = total;
    while (total == before) {
      if (!block(handler)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long total() {
    return total;
  }

  @Override
  public int interfaceIndex() {
    return interfaceIndex;
  }

  @Override
  public List<FileInterface> interfaces() {
    return List.copyOf(interfaces);
  }

  /** Reads one block; false at the end of the file. */
  private boolean block(FrameHandler handler) throws IOException {
    int at = input.require(FRAME_BYTES);
    if (at < 0) {
      return false;
    }
    int type = input.intAt(at, bigEndian);
    if (type == SECTION_HEADER) {
      beginSection(at);
    }
    int length = input.intAt(at + 4, bigEndian);
    if (length < minimumLength(type) && length >= 0 || length % 4 != 0) {
      throw damaged("a block of " + Integer.toUnsignedString(length) + " bytes");
    }
    if (isRead(type)) {
      if (length < 0 || length > FileInput.CHUNK_BYTES) {
        throw damaged("a block of " + Integer.toUnsignedString(length) + " bytes");
      }
      at = input.require(length);
      checkEnd(at + length - 4, length);
      read(type, at, length, handler);
    } else {
      pass(length);
    }
    return true;
  }

  private static int minimumLength(int type) {
    return switch (type) {
      case SECTION_HEADER -> SECTION_BYTES;
      case INTERFACE -> INTERFACE_BYTES;
      case SIMPLE_PACKET -> SIMPLE_PACKET_BYTES;
      case OLD_PACKET, ENHANCED_PACKET -> PACKET_BYTES;
      default -> FRAME_BYTES;
    };
  }

  private static boolean isRead(int type) {
    return switch (type) {
      case SECTION_HEADER, INTERFACE, SIMPLE_PACKET, OLD_PACKET, ENHANCED_PACKET -> true;
      default -> false;
    };
  }

  private void beginSection(int at) throws IOException {
    int magic = input.intAt(at + 8, false);
    if (magic != BYTE_ORDER_MAGIC && Integer.reverseBytes(magic) != BYTE_ORDER_MAGIC) {
      throw damaged("a section header without a byte order");
    }
    bigEndian = magic != BYTE_ORDER_MAGIC;
    sectionStart = interfaces.size();
  }

  private void pass(int length) throws IOException {
    long unsigned = Integer.toUnsignedLong(length);
    long start = input.offset();
    input.skip(unsigned - 4);
    int at = input.require(4);
    if (at < 0) {
      throw new IOException(
          "truncated: the file ends at byte "
              + input.offset()
              + ", within what begins at byte "
              + start);
    }
    checkEnd(at, length);
    input.advance(4);
  }

  private void checkEnd(int at, int length) throws IOException {
    int again = input.intAt(at, bigEndian);
    if (again != length) {
      throw damaged(
          "a block of "
              + Integer.toUnsignedString(length)
              + " bytes that ends as one of "
              + Integer.toUnsignedString(again));
    }
  }

  private void read(int type, int at, int length, FrameHandler handler) throws IOException {
    switch (type) {
      case SECTION_HEADER -> checkVersion(input.shortAt(at + 12, bigEndian));
      case INTERFACE -> describe(at, length);
      case SIMPLE_PACKET -> simplePacket(at, length, handler);
      case OLD_PACKET -> packet(at, length, input.shortAt(at + 8, bigEndian), handler);
      default -> packet(at, length, input.intAt(at + 8, bigEndian), handler);
    }
    if (type == SECTION_HEADER || type == INTERFACE) {
      input.advance(length);
    }
  }

  private void checkVersion(int major) throws IOException {
    if (major != 1) {
      throw damaged("a section of version " + major);
    }
  }

  private void describe(int at, int length) throws IOException {
    if (interfaces.size() == MAX_INTERFACES) {
      throw damaged("more than " + MAX_INTERFACES + " interfaces");
    }
    FileOptions options = new FileOptions(input, bigEndian, at + 16, at + length - 4);
    FileClock clock = options.clock();
    if (clock == null) {
      throw damaged("an interface with a time resolution that cannot be");
    }
    interfaces.add(
        new FileInterface(options.name(), options.description(), input.shortAt(at + 8, bigEndian)));
    clocks.add(clock);
    snapshots.add(input.intAt(at + 12, bigEndian));
  }

  private void packet(int at, int length, int id, FrameHandler handler) throws IOException {
    int index = indexOf(id);
    int captured = input.intAt(at + 20, bigEndian);
    if (captured < 0 || captured > MAX_CAPTURED_BYTES || captured > length - PACKET_BYTES) {
      throw damaged("a packet of " + Integer.toUnsignedString(captured) + " bytes");
    }
    long ticks =
        Integer.toUnsignedLong(input.intAt(at + 12, bigEndian)) << 32
            | Integer.toUnsignedLong(input.intAt(at + 16, bigEndian));
    int wire = input.intAt(at + 24, bigEndian);
    handOn(handler, length, index, at + 28, captured, wire, clocks.get(index).epochNs(ticks));
  }

  /** It has no time: 0. */
  private void simplePacket(int at, int length, FrameHandler handler) throws IOException {
    int index = indexOf(0);
    int wire = input.intAt(at + 8, bigEndian);
    int captured = length - SIMPLE_PACKET_BYTES;
    if (wire >= 0) {
      captured = Math.min(captured, wire);
    }
    if (snapshots.get(index) > 0) {
      captured = Math.min(captured, snapshots.get(index));
    }
    if (captured > MAX_CAPTURED_BYTES) {
      throw damaged("a packet of " + captured + " bytes");
    }
    handOn(handler, length, index, at + 12, captured, wire, 0);
  }

  private void handOn(
      FrameHandler handler, int block, int index, int data, int captured, int wire, long ns)
      throws IOException {
    if (wire < 0) {
      throw damaged("a packet that had " + Integer.toUnsignedString(wire) + " bytes");
    }
    input.advance(block);
    int linkType = interfaces.get(index).linkType();
    if (filter.passes(linkType, input.buffer(), data, captured, wire)) {
      total++;
      interfaceIndex = index;
      handler.frame(linkType, input.buffer(), data, captured, Math.max(wire, captured), ns);
    }
  }

  private int indexOf(int id) throws IOException {
    if (id < 0 || id >= interfaces.size() - sectionStart) {
      throw damaged("a packet of an interface that is not described");
    }
    return sectionStart + id;
  }

  private IOException damaged(String what) {
    return new IOException("damaged at byte " + input.offset() + ": " + what);
  }

  private static final FrameHandler NOBODY = (linkType, buffer, offset, captured, wire, ns) -> {};
}
