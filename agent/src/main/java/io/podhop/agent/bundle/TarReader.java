package io.podhop.agent.bundle;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipException;

/**
 * Reads a tar archive from front to back: POSIX ustar and pax, GNU long names. Strict: a header
 * whose checksum is wrong, a number that is none and an early end are errors.
 */
final class TarReader {
  private static final int BLOCK_BYTES = 512;
  private static final int MAX_EXTENSION_BYTES = 1 << 20;
  private static final int MAX_EXTENSIONS = 8;

  private final InputStream in;
  private final byte[] block = new byte[BLOCK_BYTES];
  private final Map<String, String> global = new HashMap<>();
  private String at = "";
  private long left;
  private int padding;

  TarReader(InputStream in) {
    this.in = in;
  }

  /**
   * The next member, passing over what was not read of the last one; empty at the end.
   *
   * @throws BundleException when the archive is cut short or is no tar archive
   */
  Optional<TarEntry> next() throws IOException {
    skip(left);
    finishEntry();
    Map<String, String> extended = new HashMap<>(global);
    for (int i = 0; i <= MAX_EXTENSIONS; i++) {
      fill(block, BLOCK_BYTES);
      if (isZero()) {
        return Optional.empty();
      }
      TarHeader header = new TarHeader(block, at);
      if (!header.isExtension()) {
        return Optional.of(begin(header, extended));
      }
      extend(header, extended);
    }
    throw new BundleException(
        "more than " + MAX_EXTENSIONS + " extended headers in turn" + after());
  }

  /** Copies what is left of the current member. */
  void copyTo(OutputStream out) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    while (left > 0) {
      int count = (int) Math.min(buffer.length, left);
      fill(buffer, count);
      out.write(buffer, 0, count);
      left -= count;
    }
  }

  /** Passes over the next bytes of the current member. */
  void skip(long bytes) throws IOException {
    long end = left - Math.min(bytes, left);
    byte[] buffer = new byte[(int) Math.min(64 * 1024, left - end)];
    while (left > end) {
      int count = (int) Math.min(buffer.length, left - end);
      fill(buffer, count);
      left -= count;
    }
  }

  private TarEntry begin(TarHeader header, Map<String, String> extended) throws IOException {
    if (extended.keySet().stream().anyMatch(key -> key.startsWith("GNU.sparse"))) {
      throw new BundleException("refused: " + EntryName.quote(header.name()) + " is a sparse file");
    }
    TarEntry entry = header.entry(extended);
    at = entry.rawName();
    boolean hasContent = entry.kind() == TarEntry.Kind.FILE || entry.kind() == TarEntry.Kind.OTHER;
    left = hasContent ? entry.sizeBytes() : 0;
    padding = padding(left);
    return entry;
  }

  private void finishEntry() throws IOException {
    if (padding > 0) {
      fill(block, padding);
      padding = 0;
    }
  }

  private static int padding(long bytes) {
    return (int) ((BLOCK_BYTES - bytes % BLOCK_BYTES) % BLOCK_BYTES);
  }

  private void extend(TarHeader header, Map<String, String> extended) throws IOException {
    long size = header.size();
    if (size > MAX_EXTENSION_BYTES) {
      throw new BundleException("refused: an extended header of " + size + " bytes" + after());
    }
    byte[] content = new byte[(int) size];
    fill(content, content.length);
    padding = padding(size);
    finishEntry();
    switch (header.type()) {
      case 'L' -> extended.put("path", text(content));
      case 'K' -> extended.put("linkpath", text(content));
      case 'g' -> {
        pax(content, global);
        pax(content, extended);
      }
      default -> pax(content, extended);
    }
  }

  private static String text(byte[] content) {
    int end = 0;
    while (end < content.length && content[end] != 0) {
      end++;
    }
    return new String(content, 0, end, StandardCharsets.UTF_8);
  }

  /** Records of the form {@code LENGTH KEY=VALUE\n} (POSIX pax, Extended Header). */
  private void pax(byte[] content, Map<String, String> into) throws BundleException {
    int from = 0;
    while (from < content.length) {
      int space = from;
      int length = 0;
      while (space < content.length
          && Character.isDigit(content[space])
          && length < content.length) {
        length = length * 10 + content[space] - '0';
        space++;
      }
      int end = from + length;
      if (length < space - from + 3
          || end > content.length
          || content[space] != ' '
          || content[end - 1] != '\n') {
        throw new BundleException("an extended header is damaged" + after());
      }
      String pair = new String(content, space + 1, end - space - 2, StandardCharsets.UTF_8);
      int equals = pair.indexOf('=');
      if (equals > 0) {
        into.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
      from = end;
    }
  }

  private boolean isZero() {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** Reads on behind the archive's end, so that a compressed one is verified to its own end. */
  void drain() throws IOException {
    byte[] buffer = new byte[64 * 1024];
    int read = buffer.length;
    while (read == buffer.length) {
      read = read(buffer, buffer.length);
    }
  }

  private void fill(byte[] into, int count) throws IOException {
    if (read(into, count) < count) {
      throw new BundleException("the archive ends too early" + after());
    }
  }

  private int read(byte[] into, int count) throws IOException {
    try {
      return in.readNBytes(into, 0, count);
    } catch (EOFException e) {
      throw new BundleException("the archive ends too early" + after(), e);
    } catch (ZipException e) {
      throw new BundleException("the archive is damaged" + after() + ": " + e.getMessage(), e);
    }
  }

  private String after() {
    return at.isEmpty() ? ", at its beginning" : ", at or after entry " + EntryName.quote(at);
  }
}
