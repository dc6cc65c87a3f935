package io.podhop.agent.capture;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The options of an interface description; those that do not fit are as if they were not there. */
final class FileOptions {
  private static final int NAME = 2;
  private static final int DESCRIPTION = 3;
  private static final int RESOLUTION = 9;
  private static final int OFFSET = 14;
  private static final int MAX_TEXT_BYTES = 256;
  private static final int DEFAULT_RESOLUTION = 6;

  private final FileInput input;
  private final boolean bigEndian;
  private String name = "";
  private String description = "";
  private int resolution = DEFAULT_RESOLUTION;
  private long offsetSeconds;

  /**
   * @param from where the first option begins in the input's buffer
   * @param to where they end at the latest
   */
  FileOptions(FileInput input, boolean bigEndian, int from, int to) {
    this.input = input;
    this.bigEndian = bigEndian;
    int at = from;
    while (to - at >= 4) {
      int code = input.shortAt(at, bigEndian);
      int length = input.shortAt(at + 2, bigEndian);
      if (code == 0 || length > to - at - 4) {
        return;
      }
      take(code, at + 4, length);
      at += 4 + (length + 3 & ~3);
    }
  }

  String name() {
    return name;
  }

  String description() {
    return description;
  }

  /** Null when the file says something that cannot be. */
  @Nullable FileClock clock() {
    return FileClock.of(resolution, offsetSeconds);
  }

  private void take(int code, int at, int length) {
    switch (code) {
      case NAME -> name = text(at, length);
      case DESCRIPTION -> description = text(at, length);
      case RESOLUTION -> resolution = length == 1 ? input.buffer()[at] & 0xff : resolution;
      case OFFSET -> offsetSeconds = length == 8 ? longAt(at) : offsetSeconds;
      default -> {
        // Of no use here.
      }
    }
  }

  private String text(int at, int length) {
    int bytes = Math.min(length, MAX_TEXT_BYTES);
    return new String(input.buffer(), at, bytes, StandardCharsets.UTF_8).replace("\0", "");
  }

  private long longAt(int at) {
    long first = Integer.toUnsignedLong(input.intAt(at, bigEndian));
    long second = Integer.toUnsignedLong(input.intAt(at + 4, bigEndian));
    return bigEndian ? first << 32 | second : second << 32 | first;
  }
}
