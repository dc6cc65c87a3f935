package io.podhop.pcapng;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes one section of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, with nanoseconds.
 * Describe the interfaces, write packets in any order of time, end with the statistics. For one
 * thread at a time; the stream should be buffered.
 */
public final class PcapngWriter implements Closeable {
  /** Longer texts are cut. */
  public static final int MAX_TEXT_BYTES = 8192;

  public static final int MAX_INTERFACES = 16_384;

  /** What readers accept (MAXIMUM_SNAPLEN of libpcap). */
  public static final int MAX_CAPTURED_BYTES = 256 << 10;

  private static final int SECTION_HEADER = 0x0a0d0d0a;
  private static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
  private static final int INTERFACE = 1;
  private static final int STATISTICS = 5;
  private static final int ENHANCED_PACKET = 6;
  private static final int END_OF_OPTIONS = 0;
  private static final int COMMENT = 1;
  private static final int HARDWARE = 2;
  private static final int OPERATING_SYSTEM = 3;
  private static final int APPLICATION = 4;
  private static final int NAME = 2;
  private static final int DESCRIPTION = 3;
  private static final int RESOLUTION = 9;
  private static final int FILTER = 11;
  private static final int RECEIVED = 4;
  private static final int DROPPED = 5;
  private static final byte NANOSECONDS = 9;
  private static final int BLOCK_BYTES = MAX_CAPTURED_BYTES + 5 * MAX_TEXT_BYTES;

  private final OutputStream out;
  private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private int interfaces;
  private long written;

  /** Begins the file; {@link #close} closes the stream. */
  public PcapngWriter(OutputStream out, CapturedBy by) throws IOException {
    this.out = out;
    begin(SECTION_HEADER);
    block.putInt(BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(-1);
    text(COMMENT, by.comment());
    text(HARDWARE, by.hardware());
    text(OPERATING_SYSTEM, by.operatingSystem());
    text(APPLICATION, by.application());
    end();
  }

  /**
   * Describes an interface, any time before its first packet.
   *
   * @return its number in this file
   */
  public int describe(CapturedOn on) throws IOException {
    if (interfaces == MAX_INTERFACES) {
      throw new IllegalStateException("more than " + MAX_INTERFACES + " interfaces");
    }
    begin(INTERFACE);
    block.putShort((short) on.linkType()).putShort((short) 0).putInt(on.snapshotBytes());
    text(NAME, on.name());
    text(DESCRIPTION, on.description());
    option(RESOLUTION, new byte[] {NANOSECONDS}, 1);
    if (!on.filter().isEmpty()) {
      // Type 0: the text of a libpcap filter.
      byte[] filter = ("\0" + on.filter()).getBytes(StandardCharsets.UTF_8);
      option(FILTER, filter, cut(filter));
    }
    end();
    return interfaces++;
  }

  /**
   * Writes a packet.
   *
   * @param onInterface a number that {@link #describe} gave
   * @param timestampNs epoch nanoseconds
   * @param packet its bytes, those that remain in the buffer, which stays as it is
   * @param wireBytes how many it had
   * @param comment what Wireshark shows beside it; empty for none
   * @throws IllegalArgumentException when there are more than {@link #MAX_CAPTURED_BYTES}, or more
   *     than it had
   */
  public void packet(
      int onInterface, long timestampNs, ByteBuffer packet, int wireBytes, String comment)
      throws IOException {
    checkInterface(onInterface);
    int captured = packet.remaining();
    if (captured > MAX_CAPTURED_BYTES || wireBytes < captured) {
      throw new IllegalArgumentException(
          "a packet of " + wireBytes + " bytes, " + captured + " captured");
    }
    begin(ENHANCED_PACKET);
    block.putInt(onInterface);
    time(timestampNs);
    block.putInt(captured).putInt(wireBytes);
    block.put(packet.duplicate());
    pad();
    text(COMMENT, comment);
    end();
  }

  /**
   * Says what an interface counted; at the end.
   *
   * @param timestampNs epoch nanoseconds of the counting
   * @param received packets that passed the filter
   * @param dropped those among them that are not in the file for want of room
   */
  public void statistics(int onInterface, long timestampNs, long received, long dropped)
      throws IOException {
    checkInterface(onInterface);
    begin(STATISTICS);
    block.putInt(onInterface);
    time(timestampNs);
    number(RECEIVED, received);
    number(DROPPED, dropped);
    end();
  }

  /** Bytes of the file so far. */
  public long written() {
    return written;
  }

  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private void checkInterface(int number) {
    if (number < 0 || number >= interfaces) {
      throw new IllegalArgumentException("no interface " + number + " was described");
    }
  }

  private void begin(int type) {
    block.clear().putInt(type).putInt(0);
  }

  private void end() throws IOException {
    block.putShort((short) END_OF_OPTIONS).putShort((short) 0);
    int length = block.position() + 4;
    block.putInt(4, length).putInt(length);
    out.write(block.array(), 0, length);
    written += length;
  }

  private void time(long timestampNs) {
    block.putInt((int) (timestampNs >>> 32)).putInt((int) timestampNs);
  }

  private void number(int code, long value) {
    block.putShort((short) code).putShort((short) 8).putLong(value);
  }

  private void text(int code, String text) {
    if (!text.isEmpty()) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      option(code, bytes, cut(bytes));
    }
  }

  /** Never within a character. */
  private static int cut(byte[] utf8) {
    int length = Math.min(utf8.length, MAX_TEXT_BYTES);
    while (length > 0 && length < utf8.length && (utf8[length] & 0xc0) == 0x80) {
      length--;
    }
    return length;
  }

  private void option(int code, byte[] value, int length) {
    block.putShort((short) code).putShort((short) length).put(value, 0, length);
    pad();
  }

  private void pad() {
    while (block.position() % 4 != 0) {
      block.put((byte) 0);
    }
  }
}
