package io.podhop.agent.bundle;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;

/** One header block of a tar archive (POSIX ustar; GNU's base-256 numbers). */
final class TarHeader {
  private static final int NAME = 0;
  private static final int NAME_BYTES = 100;
  private static final int SIZE = 124;
  private static final int TIME = 136;
  private static final int NUMBER_BYTES = 12;
  private static final int CHECKSUM = 148;
  private static final int CHECKSUM_BYTES = 8;
  private static final int TYPE = 156;
  private static final int LINK = 157;
  private static final int MAGIC = 257;
  private static final int PREFIX = 345;
  private static final int PREFIX_BYTES = 155;

  private final byte[] block;

  /**
   * @param previous the entry before, for messages
   * @throws BundleException when the checksum is wrong
   */
  TarHeader(byte[] block, String previous) throws BundleException {
    this.block = block.clone();
    int sum = 0;
    for (int i = 0; i < block.length; i++) {
      boolean ofChecksum = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_BYTES;
      sum += ofChecksum ? ' ' : Byte.toUnsignedInt(block[i]);
    }
    if (octal(CHECKSUM, CHECKSUM_BYTES) != sum) {
      throw new BundleException(
          previous.isEmpty()
              ? "it is no tar archive"
              : "the archive is damaged after entry " + EntryName.quote(previous));
    }
  }

  char type() {
    return (char) Byte.toUnsignedInt(block[TYPE]);
  }

  /** Whether its content says more of the member that follows. */
  boolean isExtension() {
    return "xgLK".indexOf(type()) >= 0;
  }

  /** As this block has it; a pax header or GNU's long name may say it better. */
  String name() {
    String name = text(NAME, NAME_BYTES);
    boolean posix = text(MAGIC, 6).equals("ustar");
    String prefix = posix ? text(PREFIX, PREFIX_BYTES) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  long size() throws BundleException {
    long size = number(SIZE);
    if (size < 0) {
      throw damaged("size");
    }
    return size;
  }

  TarEntry entry(Map<String, String> extended) throws BundleException {
    String name = extended.getOrDefault("path", name());
    TarEntry.Kind kind = kind(name);
    return new TarEntry(
        name,
        kind,
        extended.getOrDefault("linkpath", text(LINK, NAME_BYTES)),
        extended.containsKey("size") ? decimal(extended.get("size")) : size(),
        modified(extended));
  }

  private TarEntry.Kind kind(String name) {
    return switch (type()) {
      case '0', '\0', '7' -> name.endsWith("/") ? TarEntry.Kind.DIRECTORY : TarEntry.Kind.FILE;
      case '1' -> TarEntry.Kind.HARD_LINK;
      case '2' -> TarEntry.Kind.SYMBOLIC_LINK;
      case '5' -> TarEntry.Kind.DIRECTORY;
      default -> TarEntry.Kind.OTHER;
    };
  }

  private Instant modified(Map<String, String> extended) throws BundleException {
    try {
      String pax = extended.getOrDefault("mtime", "");
      int dot = pax.indexOf('.');
      return Instant.ofEpochSecond(
          pax.isEmpty() ? number(TIME) : Long.parseLong(dot < 0 ? pax : pax.substring(0, dot)));
    } catch (DateTimeException | NumberFormatException e) {
      throw damaged("time");
    }
  }

  private long decimal(String text) throws BundleException {
    try {
      long value = Long.parseLong(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, like a negative one.
    }
    throw damaged("size");
  }

  private long number(int from) throws BundleException {
    if ((block[from] & 0x80) == 0) {
      long value = octal(from, NUMBER_BYTES);
      if (value < 0) {
        throw damaged("number");
      }
      return value;
    }
    // Only the low 63 bits are of use; a negative or larger number is damage or worse.
    long value = block[from] & 0x7f;
    for (int i = 1; i < NUMBER_BYTES; i++) {
      if (value >> 55 != 0) {
        throw damaged("number");
      }
      value = value << 8 | Byte.toUnsignedInt(block[from + i]);
    }
    return value;
  }

  /** -1 when it is no octal number. */
  private long octal(int from, int length) {
    String digits = text(from, length).strip();
    if (digits.isEmpty()) {
      return 0;
    }
    return digits.chars().allMatch(c -> c >= '0' && c <= '7') ? Long.parseLong(digits, 8) : -1;
  }

  private String text(int from, int length) {
    int end = from;
    while (end < from + length && block[end] != 0) {
      end++;
    }
    return new String(block, from, end - from, StandardCharsets.UTF_8);
  }

  private BundleException damaged(String field) {
    return new BundleException(
        "the header of entry " + EntryName.quote(name()) + " is damaged: its " + field);
  }
}
