package io.podhop.cli.command;

import io.podhop.cli.client.CaptureNews;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Packets in the order they came, on disk, until they can be sorted. The file has no name once it
 * is open: however the program ends, nothing is left of it.
 */
final class PacketSpool implements AutoCloseable {
  /** Beyond this a spool takes nothing more; the collector ends a capture long before. */
  static final long MAX_BYTES = 1L << 30;

  private static final int HEADER_BYTES = 2 * Integer.BYTES;
  private static final int WRITE_BYTES = 1 << 18;

  private final FileChannel file;
  private final ByteBuffer pending = ByteBuffer.allocate(WRITE_BYTES);
  private long[] times = new long[1_024];
  private int[] offsets = new int[1_024];
  private short[] points = new short[1_024];
  private int count;
  private long size;
  private long dataBytes;
  private long refused;

  private PacketSpool(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens a spool in a folder that has room for the capture.
   *
   * @throws IOException when nothing can be written there
   */
  static PacketSpool in(Path folder) throws IOException {
    Path path = Files.createTempFile(folder, ".podhop-capture-", ".spool");
    try {
      FileChannel file =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      return new PacketSpool(file);
    } finally {
      Files.deleteIfExists(path);
    }
  }

  void add(CaptureNews.Packet packet) throws IOException {
    ByteBuffer data = packet.data().duplicate();
    int length = HEADER_BYTES + data.remaining();
    if (size + length > MAX_BYTES) {
      refused++;
      return;
    }
    if (count == times.length) {
      times = Arrays.copyOf(times, count * 2);
      offsets = Arrays.copyOf(offsets, count * 2);
      points = Arrays.copyOf(points, count * 2);
    }
    times[count] = packet.timeNs();
    offsets[count] = (int) size;
    points[count] = (short) packet.point();
    count++;
    size += length;
    dataBytes += data.remaining();
    if (pending.remaining() < length) {
      flush();
    }
    if (length > pending.capacity()) {
      write(put(ByteBuffer.allocate(length), packet.wireLength(), data).flip());
    } else {
      put(pending, packet.wireLength(), data);
    }
  }

  private static ByteBuffer put(ByteBuffer to, int wireLength, ByteBuffer data) {
    return to.putInt(wireLength).putInt(data.remaining()).put(data);
  }

  private void flush() throws IOException {
    write(pending.flip());
    pending.clear();
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  int packets() {
    return count;
  }

  /** Of packet data, without the spool's own. */
  long dataBytes() {
    return dataBytes;
  }

  /** Packets that found no room here. */
  long refused() {
    return refused;
  }

  /** Takes where and when a packet was captured. */
  @FunctionalInterface
  interface Seen {
    void packet(int point, long timeNs);
  }

  /** Hands on where and when every packet was captured, in the order they came. */
  void times(Seen seen) {
    for (int i = 0; i < count; i++) {
      seen.packet(points[i], times[i]);
    }
  }

  /** Takes a packet of the spool. */
  @FunctionalInterface
  interface Reader {
    /**
     * @param data the packet's bytes, good until this returns
     */
    void packet(int point, long timeNs, int wireLength, ByteBuffer data) throws IOException;
  }

  /** Hands on all packets, earliest first; those of one instant in the order they came. */
  void read(Reader reader) throws IOException {
    flush();
    MappedByteBuffer all = file.map(FileChannel.MapMode.READ_ONLY, 0, size);
    for (int index : sorted()) {
      int wireLength = all.getInt(offsets[index]);
      int length = all.getInt(offsets[index] + Integer.BYTES);
      ByteBuffer data = all.slice(offsets[index] + HEADER_BYTES, length);
      reader.packet(points[index], times[index], wireLength, data);
    }
  }

  /** Merge sort from below: packets come almost sorted, and there may be millions. */
  private int[] sorted() {
    int[] from = new int[count];
    Arrays.setAll(from, i -> i);
    int[] to = new int[count];
    for (int width = 1; width < count; width = width > count / 2 ? count : width * 2) {
      for (int low = 0; low < count; low += 2 * width) {
        merge(from, to, low, Math.min(low + width, count), Math.min(low + 2 * width, count));
        if (low > count - 2 * width) {
          break;
        }
      }
      int[] swap = from;
      from = to;
      to = swap;
    }
    return from;
  }

  private void merge(int[] from, int[] to, int low, int middle, int high) {
    int left = low;
    int right = middle;
    for (int i = low; i < high; i++) {
      boolean takeLeft =
          left < middle && (right >= high || times[from[left]] <= times[from[right]]);
      to[i] = takeLeft ? from[left++] : from[right++];
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
