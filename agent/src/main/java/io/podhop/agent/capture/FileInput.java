package io.podhop.agent.capture;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A stream read in large chunks, whose bytes are looked at in place. */
final class FileInput implements AutoCloseable {
  /** The most that can be asked for at once. */
  static final int CHUNK_BYTES = 1 << 20;

  /** So that a small file costs little; the buffer grows while there is more. */
  private static final int FIRST_CHUNK_BYTES = 64 << 10;

  private static final Logger log = LoggerFactory.getLogger(FileInput.class);
  private static final VarHandle LITTLE =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BIG =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final InputStream stream;
  private byte[] buffer = new byte[FIRST_CHUNK_BYTES];
  private int at;
  private int end;
  private long bufferOffset;

  FileInput(InputStream stream) {
    this.stream = stream;
  }

  byte[] buffer() {
    return buffer;
  }

  /** How far into the file the next byte is. */
  long offset() {
    return bufferOffset + at;
  }

  /**
   * Where in the buffer the next bytes are, which all are there.
   *
   * @return -1 at the end of the file
   * @throws IOException when the file ends within them
   */
  int require(int bytes) throws IOException {
    int found = tryRequire(bytes);
    if (found < 0 && at < end) {
      throw new IOException(
          "truncated: the file ends at byte "
              + (offset() + end - at)
              + ", within what begins at byte "
              + offset());
    }
    return found;
  }

  /** As {@link #require}, but -1 also when the file ends within them. */
  int tryRequire(int bytes) throws IOException {
    return end - at >= bytes || fill(bytes) ? at : -1;
  }

  /** Passes over bytes that {@link #require} has shown. */
  void advance(int bytes) {
    at += bytes;
  }

  /**
   * Passes over bytes, seen or not.
   *
   * @throws IOException when the file ends before
   */
  void skip(long bytes) throws IOException {
    long left = bytes;
    while (left > 0) {
      int step = (int) Math.min(left, FIRST_CHUNK_BYTES);
      if (require(Math.min(step, Math.max(1, end - at))) < 0) {
        throw new IOException("truncated: the file ends at byte " + offset());
      }
      int passed = Math.min(step, end - at);
      at += passed;
      left -= passed;
    }
  }

  int intAt(int position, boolean bigEndian) {
    return bigEndian ? (int) BIG.get(buffer, position) : (int) LITTLE.get(buffer, position);
  }

  int shortAt(int position, boolean bigEndian) {
    int first = Byte.toUnsignedInt(buffer[position]);
    int second = Byte.toUnsignedInt(buffer[position + 1]);
    return bigEndian ? first << 8 | second : second << 8 | first;
  }

  /** All that was not passed over yet, as a stream. */
  InputStream rest() {
    return new SequenceInputStream(new ByteArrayInputStream(buffer, at, end - at), stream);
  }

  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      log.debug("cannot close a capture file", e);
    }
  }

  private boolean fill(int wanted) throws IOException {
    if (wanted > CHUNK_BYTES) {
      throw new IllegalArgumentException(wanted + " bytes do not fit a chunk");
    }
    boolean grow = wanted > buffer.length || end == buffer.length;
    byte[] larger =
        grow && buffer.length < CHUNK_BYTES
            ? new byte[wanted > FIRST_CHUNK_BYTES ? CHUNK_BYTES : 4 * buffer.length]
            : buffer;
    System.arraycopy(buffer, at, larger, 0, end - at);
    buffer = larger;
    bufferOffset += at;
    end -= at;
    at = 0;
    while (end < wanted) {
      int read = stream.read(buffer, end, buffer.length - end);
      if (read < 0) {
        return false;
      }
      end += read;
    }
    return true;
  }
}
