package io.podhop.agent.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * An opened support bundle: a directory, or a tar archive, compressed with gzip or not. It holds
 * the files that podhop reads and no others; those of an archive are unpacked to a private
 * directory under names of our own, until it is closed.
 */
public final class BundleArchive implements AutoCloseable {
  private final String name;
  private final BundleLimits limits;
  private final PrivateDirectory temporary;
  private final BundleContents contents;

  private BundleArchive(
      String name, BundleLimits limits, PrivateDirectory temporary, BundleContents contents) {
    this.name = name;
    this.limits = limits;
    this.temporary = temporary;
    this.contents = contents;
  }

  /** Opens within {@link BundleLimits#DEFAULT}. */
  public static BundleArchive open(Path bundle) throws BundleException {
    return open(bundle, BundleLimits.DEFAULT);
  }

  /**
   * @throws BundleException when it cannot be read or is refused: paths and links that leave it,
   *     devices, names that are there twice, more than the limits, damage, an early end; the
   *     message says which and where
   */
  public static BundleArchive open(Path bundle, BundleLimits limits) throws BundleException {
    PrivateDirectory temporary = new PrivateDirectory();
    BundleContents contents = null;
    try {
      contents = scan(bundle, limits, temporary);
      return new BundleArchive(lastName(bundle), limits, temporary, contents);
    } catch (BundleException e) {
      throw new BundleException("bundle " + bundle + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new BundleException("cannot read bundle " + bundle + ": " + e, e);
    } finally {
      if (contents == null) {
        closeQuietly(temporary);
      }
    }
  }

  private static BundleContents scan(Path bundle, BundleLimits limits, PrivateDirectory temporary)
      throws IOException {
    if (Files.isDirectory(bundle)) {
      return DirectoryScan.scan(bundle, limits, temporary);
    }
    if (Files.isRegularFile(bundle)) {
      return ArchiveScan.scan(bundle, limits, temporary);
    }
    throw new BundleException(
        Files.exists(bundle) ? "it is neither a directory nor a file" : "there is no such file");
  }

  private static void closeQuietly(PrivateDirectory directory) {
    try {
      directory.close();
    } catch (IOException e) {
      // The reason why the bundle was refused matters more; the end of the process tries again.
    }
  }

  private static String lastName(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? "" : last.toString();
  }

  /** The bundle's own name, without the directories before it. */
  public String name() {
    return name;
  }

  /** Names of the files that podhop reads, in order. */
  public List<String> names() {
    return contents.files().keySet().stream().sorted().toList();
  }

  /** What was passed over and why, for people. */
  public List<String> warnings() {
    return contents.warnings();
  }

  Map<String, BundleFile> files() {
    return contents.files();
  }

  /** A fresh private directory, gone when the bundle is closed. */
  Path directory() throws IOException {
    return temporary.directory();
  }

  /**
   * A file as text, of a longer one than {@link BundleLimits#maxTextBytes} its beginning; bytes
   * that are no UTF-8 become U+FFFD.
   */
  Text text(BundleFile file) throws IOException {
    try (InputStream in = Files.newInputStream(file.content())) {
      byte[] bytes = in.readNBytes(limits.maxTextBytes());
      return new Text(new String(bytes, StandardCharsets.UTF_8), in.read() >= 0);
    }
  }

  /**
   * @param cut whether the file goes on behind it
   */
  record Text(String text, boolean cut) {}

  /** Removes what was unpacked. */
  @Override
  public void close() throws IOException {
    temporary.close();
  }
}
