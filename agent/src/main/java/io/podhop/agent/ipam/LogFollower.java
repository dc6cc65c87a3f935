package io.podhop.agent.ipam;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Follows a log file from its beginning across rotation, truncation and half-written lines, when
 * asked to; has no thread of its own. At first it reads the backups that rotation left.
 */
public final class LogFollower implements AutoCloseable {
  private static final int FINGERPRINT_BYTES = 96;
  private static final int BUFFER_BYTES = 64 * 1024;

  private final Path file;
  private final RotatedLogs backups;
  private final LineSplitter lines;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private @Nullable FileChannel channel;
  private @Nullable Object fileKey;
  private byte[] fingerprint = new byte[0];
  private long position;
  private boolean started;
  private boolean missing;
  private long rotations;
  private long truncations;
  private long readFailures;

  /** Follows with the bounds of {@link FollowLimits#DEFAULT}. */
  public LogFollower(Path file) {
    this(file, FollowLimits.DEFAULT);
  }

  public LogFollower(Path file, FollowLimits limits) {
    this.file = file;
    this.backups = new RotatedLogs(file, limits);
    this.lines = new LineSplitter(limits.maxLineBytes());
  }

  /**
   * Hands over every line that was completed since the last poll.
   *
   * @return the number of lines; 0 when nothing is new or the file is missing
   */
  public int poll(Consumer<String> sink) {
    int[] count = {0};
    Consumer<String> counted =
        line -> {
          count[0]++;
          sink.accept(line);
        };
    try {
      if (!started) {
        readFailures += backups.readExisting(lines, counted);
        started = true;
      }
      readOn(counted);
    } catch (IOException e) {
      readFailures++;
      closeChannel();
    }
    return count[0];
  }

  /** Whether the file was absent at the last poll. */
  public boolean isMissing() {
    return missing;
  }

  public long rotations() {
    return rotations;
  }

  public long truncations() {
    return truncations;
  }

  public long readFailures() {
    return readFailures;
  }

  /** Lines longer than the bound; their beginning was handed over. */
  public long cutLines() {
    return lines.cutLines();
  }

  @Override
  public void close() {
    closeChannel();
  }

  private void readOn(Consumer<String> sink) throws IOException {
    if (channel != null) {
      resetIfTruncated(channel, sink);
      drain(channel, sink);
    }
    BasicFileAttributes now = attributes();
    missing = now == null;
    if (now == null || (channel != null && Objects.equals(now.fileKey(), fileKey))) {
      return;
    }
    if (channel != null) {
      rotations++;
      drain(channel, sink);
      lines.finish(sink);
      closeChannel();
      readFailures += backups.readMissed(lines, sink);
    }
    FileChannel opened = FileChannel.open(file, StandardOpenOption.READ);
    channel = opened;
    fileKey = now.fileKey();
    position = 0;
    fingerprint = new byte[0];
    drain(opened, sink);
  }

  private @Nullable BasicFileAttributes attributes() throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Copy-and-truncate may leave a file that has already grown past the old position. */
  private void resetIfTruncated(FileChannel open, Consumer<String> sink) throws IOException {
    if (open.size() >= position && Arrays.equals(head(open, fingerprint.length), fingerprint)) {
      return;
    }
    truncations++;
    lines.finish(sink);
    position = 0;
    fingerprint = new byte[0];
  }

  private void drain(FileChannel open, Consumer<String> sink) throws IOException {
    while (true) {
      buffer.clear();
      int read = open.read(buffer, position);
      if (read <= 0) {
        break;
      }
      position += read;
      lines.accept(buffer.array(), read, sink);
    }
    if (fingerprint.length < FINGERPRINT_BYTES) {
      fingerprint = head(open, (int) Math.min(FINGERPRINT_BYTES, position));
    }
  }

  private static byte[] head(FileChannel open, int length) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(length);
    int read = 1;
    while (read > 0 && head.hasRemaining()) {
      read = open.read(head, head.position());
    }
    return Arrays.copyOf(head.array(), head.position());
  }

  private void closeChannel() {
    FileChannel open = channel;
    channel = null;
    fileKey = null;
    if (open == null) {
      return;
    }
    try {
      open.close();
    } catch (IOException e) {
      readFailures++;
    }
  }
}
