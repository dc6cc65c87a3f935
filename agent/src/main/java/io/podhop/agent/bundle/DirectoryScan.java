package io.podhop.agent.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Finds the files of an unpacked bundle that podhop reads, and checks all the others. */
final class DirectoryScan extends SimpleFileVisitor<Path> {
  private final Path root;
  private final BundleLimits limits;
  private final PrivateDirectory copies;
  private final Map<String, BundleFile> files = new TreeMap<>();
  private final List<String> warnings = new ArrayList<>();
  private int entries;
  private long bytes;

  private DirectoryScan(Path root, BundleLimits limits, PrivateDirectory copies) {
    this.root = root;
    this.limits = limits;
    this.copies = copies;
  }

  /**
   * @param copies takes the ends of logs that are too long
   * @throws BundleException when the directory is refused
   */
  static BundleContents scan(Path directory, BundleLimits limits, PrivateDirectory copies)
      throws IOException {
    DirectoryScan scan = new DirectoryScan(directory.toRealPath(), limits, copies);
    Files.walkFileTree(scan.root, scan);
    return new BundleContents(scan.files, scan.warnings);
  }

  @Override
  public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
      throws IOException {
    count();
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
    count();
    String name = root.relativize(file).toString();
    if (attributes.isSymbolicLink()) {
      link(name, file);
    } else if (attributes.isRegularFile()) {
      take(name, file, attributes);
    } else {
      throw new BundleException(
          "refused: " + EntryName.quote(name) + " is a device, a pipe or a socket");
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFileFailed(Path file, IOException failure) {
    warnings.add(
        "cannot read " + EntryName.quote(root.relativize(file).toString()) + ": " + failure);
    return FileVisitResult.CONTINUE;
  }

  private void count() throws BundleException {
    entries++;
    if (entries > limits.maxEntries()) {
      throw new BundleException("refused: more than " + limits.maxEntries() + " entries");
    }
  }

  private void link(String name, Path link) throws IOException {
    Path target;
    try {
      target = link.toRealPath();
    } catch (IOException e) {
      throw new BundleException(
          "refused: " + EntryName.quote(name) + " is a link that leads nowhere", e);
    }
    if (!target.startsWith(root)) {
      throw new BundleException(
          "refused: "
              + EntryName.quote(name)
              + " is a link that leaves the bundle, to "
              + EntryName.quote(target.toString()));
    }
    BasicFileAttributes attributes = Files.readAttributes(target, BasicFileAttributes.class);
    if (attributes.isRegularFile()) {
      take(name, target, attributes);
    }
  }

  private void take(String name, Path file, BasicFileAttributes attributes) throws IOException {
    if (!BundleInput.isRead(name)) {
      return;
    }
    boolean tail = attributes.size() > limits.maxFileBytes();
    if (tail && !BundleInput.isLog(name)) {
      throw new BundleException(
          "refused: " + EntryName.quote(name) + " has " + attributes.size() + " bytes");
    }
    bytes += Math.min(attributes.size(), limits.maxFileBytes());
    if (bytes > limits.maxTotalBytes()) {
      throw new BundleException(
          "refused: what is to be read has more than " + limits.maxTotalBytes() + " bytes");
    }
    FileTime modified = attributes.lastModifiedTime();
    Path content = tail ? end(file, attributes.size(), modified) : file;
    files.put(name, new BundleFile(name, content, modified.toInstant(), tail));
  }

  private Path end(Path file, long size, FileTime modified) throws IOException {
    Path copy = copies.file();
    try (FileChannel from = FileChannel.open(file);
        InputStream in = Channels.newInputStream(from.position(size - limits.maxFileBytes()));
        OutputStream out = Files.newOutputStream(copy)) {
      in.transferTo(out);
    }
    Files.setLastModifiedTime(copy, modified);
    return copy;
  }
}
