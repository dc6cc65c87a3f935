package io.podhop.agent.ipam;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** Bytes to lines; keeps the last, unfinished one. Invalid UTF-8 becomes U+FFFD. */
final class LineSplitter {
  private final int maxLineBytes;
  private byte[] line = new byte[512];
  private int length;
  private boolean overflowed;
  private long cutLines;

  LineSplitter(int maxLineBytes) {
    this.maxLineBytes = maxLineBytes;
  }

  long cutLines() {
    return cutLines;
  }

  void accept(byte[] bytes, int count, Consumer<String> sink) {
    int from = 0;
    for (int i = 0; i < count; i++) {
      if (bytes[i] == '\n') {
        append(bytes, from, i - from);
        emit(sink);
        from = i + 1;
      }
    }
    append(bytes, from, count - from);
  }

  /** Hands over the unfinished line, if there is one: nothing will follow it. */
  void finish(Consumer<String> sink) {
    if (length > 0) {
      emit(sink);
    }
  }

  private void append(byte[] bytes, int from, int count) {
    int room = Math.min(count, maxLineBytes - length);
    if (room < count && !overflowed) {
      overflowed = true;
      cutLines++;
    }
    if (length + room > line.length) {
      line = Arrays.copyOf(line, Math.min(maxLineBytes, Math.max(length + room, length * 2)));
    }
    System.arraycopy(bytes, from, line, length, room);
    length += room;
  }

  private void emit(Consumer<String> sink) {
    int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
    int start = 0;
    while (start < end && line[start] == 0) {
      start++;
    }
    String text = new String(line, start, end - start, StandardCharsets.UTF_8);
    length = 0;
    overflowed = false;
    sink.accept(text);
  }
}
