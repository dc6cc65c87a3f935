package io.podhop.agent.ipam;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The files that rotation left beside a log: {@code ipamd-2024-09-11T20-39-00.478.log[.gz]} of
 * lumberjack (VPC CNI 1.6.1 and later), {@code ipamd.log.2019-03-12-20} of seelog before it.
 */
final class RotatedLogs {
  private final Path file;
  private final FollowLimits limits;
  private final Pattern names;
  private final Set<String> seen = new HashSet<>();

  RotatedLogs(Path file, FollowLimits limits) {
    this.file = file;
    this.limits = limits;
    String name = name(file);
    int dot = name.lastIndexOf('.');
    String stem = dot < 0 ? name : name.substring(0, dot);
    String extension = dot < 0 ? "" : name.substring(dot);
    this.names =
        Pattern.compile(
            Pattern.quote(stem)
                + "-\\d{4}-\\d\\d-\\d\\dT[\\d.-]+"
                + Pattern.quote(extension)
                + "(\\.gz)?|"
                + Pattern.quote(name)
                + "\\.\\d{4}-\\d\\d-\\d\\d-\\d\\d");
  }

  /** Reads the newest backups within the limits, oldest first; returns how many failed. */
  int readExisting(LineSplitter lines, Consumer<String> sink) throws IOException {
    List<Path> all = list();
    List<Path> chosen = new ArrayList<>();
    long bytes = 0;
    for (int i = all.size() - 1; i >= 0 && chosen.size() < limits.maxBackups(); i--) {
      bytes += textBytes(all.get(i));
      if (bytes > limits.maxBackupBytes()) {
        break;
      }
      chosen.addFirst(all.get(i));
    }
    all.forEach(path -> seen.add(key(path)));
    return read(chosen, lines, sink);
  }

  /**
   * Reads backups that appeared since, except the first: that one is the file that was followed
   * until now. There is a second one only when the log was rotated twice between two polls.
   */
  int readMissed(LineSplitter lines, Consumer<String> sink) throws IOException {
    List<Path> fresh = list().stream().filter(path -> !seen.contains(key(path))).toList();
    fresh.forEach(path -> seen.add(key(path)));
    return fresh.size() < 2 ? 0 : read(fresh.subList(1, fresh.size()), lines, sink);
  }

  /** In the order of their time; a file and its compressed twin count once. */
  private List<Path> list() throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      List<Path> sorted = entries.filter(p -> names.matcher(name(p)).matches()).sorted().toList();
      Set<String> keys = new HashSet<>();
      return sorted.stream().filter(path -> keys.add(key(path))).toList();
    }
  }

  static String name(Path path) {
    Path last = path.getFileName();
    return last == null ? "" : last.toString();
  }

  private static String key(Path path) {
    String name = name(path);
    return name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
  }

  /** A gzip file ends with the length of its content modulo 2^32 (RFC 1952, ISIZE). */
  private static long textBytes(Path path) throws IOException {
    long size = Files.size(path);
    if (!path.toString().endsWith(".gz") || size < 8) {
      return size;
    }
    try (RandomAccessFile gzip = new RandomAccessFile(path.toFile(), "r")) {
      gzip.seek(size - 4);
      return Integer.toUnsignedLong(Integer.reverseBytes(gzip.readInt()));
    }
  }

  private int read(List<Path> paths, LineSplitter lines, Consumer<String> sink) {
    int failures = 0;
    for (Path path : paths) {
      try (InputStream raw = Files.newInputStream(path);
          InputStream in = path.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
        copy(in, lines, sink);
      } catch (IOException e) {
        failures++;
      }
      lines.finish(sink);
    }
    return failures;
  }

  private void copy(InputStream in, LineSplitter lines, Consumer<String> sink) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    long total = 0;
    int read = in.read(buffer);
    while (read > 0 && total < limits.maxBackupBytes()) {
      lines.accept(buffer, read, sink);
      total += read;
      read = in.read(buffer);
    }
  }
}
