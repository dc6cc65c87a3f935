package io.podhop.agent.bundle;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.zip.GZIPOutputStream;

/** Writes tar archives, also such as no tool would. */
final class TarBytes {
  static final Instant MODIFIED = Instant.parse("2025-03-04T05:06:07Z");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  TarBytes file(String name, String content) {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  TarBytes file(String name, byte[] content) {
    return member('0', name, "", content);
  }

  TarBytes directory(String name) {
    return member('5', name, "", new byte[0]);
  }

  TarBytes link(char type, String name, String target) {
    return member(type, name, target, new byte[0]);
  }

  /** A member whose header says a size that its content does not have. */
  TarBytes sized(char type, String name, long size, byte[] content) {
    out.writeBytes(header(type, name, "", size));
    return content(content);
  }

  TarBytes member(char type, String name, String target, byte[] content) {
    out.writeBytes(header(type, name, target, content.length));
    return content(content);
  }

  private TarBytes content(byte[] content) {
    out.writeBytes(content);
    out.writeBytes(new byte[(512 - content.length % 512) % 512]);
    return this;
  }

  static byte[] header(char type, String name, String target, long size) {
    byte[] block = new byte[512];
    put(block, 0, name);
    put(block, 100, "0000644\0" + "0000000\0" + "0000000\0");
    put(block, 124, "%011o\0%011o\0".formatted(size, MODIFIED.getEpochSecond()));
    put(block, 156, String.valueOf(type));
    put(block, 157, target);
    put(block, 257, "ustar\00000");
    return sealed(block);
  }

  /** With the checksum that its bytes need. */
  static byte[] sealed(byte[] block) {
    put(block, 148, "        ");
    int sum = 0;
    for (byte b : block) {
      sum += Byte.toUnsignedInt(b);
    }
    put(block, 148, "%06o\0 ".formatted(sum));
    return block;
  }

  private static void put(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  TarBytes raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** As a finished archive. */
  byte[] tar() {
    byte[] members = out.toByteArray();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(members);
    all.writeBytes(new byte[1024]);
    return all.toByteArray();
  }

  byte[] tgz() {
    return gzip(tar());
  }

  static byte[] gzip(byte[] plain) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(plain);
    } catch (IOException e) {
      throw new AssertionError("memory does not fail", e);
    }
    return packed.toByteArray();
  }
}
