package io.podhop.agent.bundle;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Unpacks the files of a tar archive that podhop reads, and checks all the others. */
final class ArchiveScan {
  private static final int MAX_LINK_STEPS = 16;

  private final BundleLimits limits;
  private final PrivateDirectory unpacked;
  private final Map<String, BundleFile> files = new TreeMap<>();
  private final Map<String, String> links = new LinkedHashMap<>();
  private final Set<String> names = new HashSet<>();
  private final Set<String> directories = new HashSet<>();
  private final List<String> warnings = new ArrayList<>();
  private int entries;

  private ArchiveScan(BundleLimits limits, PrivateDirectory unpacked) {
    this.limits = limits;
    this.unpacked = unpacked;
  }

  /**
   * @param unpacked takes the files' contents
   * @throws BundleException when the archive is refused, damaged, cut short or none
   */
  static BundleContents scan(Path archive, BundleLimits limits, PrivateDirectory unpacked)
      throws IOException {
    try (InputStream file = Files.newInputStream(archive)) {
      InflationGuard.Counted packed = new InflationGuard.Counted(new BufferedInputStream(file));
      ArchiveScan scan = new ArchiveScan(limits, unpacked);
      InputStream plain = plain(packed);
      scan.all(new TarReader(new InflationGuard(plain, packed::count, limits)));
      return scan.contents();
    }
  }

  private static InputStream plain(InflationGuard.Counted packed) throws IOException {
    packed.mark(6);
    byte[] magic = packed.readNBytes(6);
    packed.reset();
    if (magic.length > 1 && magic[0] == 0x1f && magic[1] == (byte) 0x8b) {
      try {
        return new GZIPInputStream(packed, 64 * 1024);
      } catch (ZipException e) {
        throw new BundleException("it is no gzip file: " + e.getMessage(), e);
      }
    }
    if (magic.length == 0) {
      throw new BundleException("it is empty");
    }
    if (magic[0] == 'P' && magic[1] == 'K') {
      throw new BundleException("it is a zip archive: unpack it and name the directory");
    }
    return packed;
  }

  private void all(TarReader tar) throws IOException {
    Optional<TarEntry> entry = tar.next();
    while (entry.isPresent()) {
      entries++;
      if (entries > limits.maxEntries()) {
        throw new BundleException("refused: more than " + limits.maxEntries() + " entries");
      }
      take(entry.get(), tar);
      entry = tar.next();
    }
    tar.drain();
  }

  private void take(TarEntry entry, TarReader tar) throws IOException {
    String name = EntryName.of(entry.rawName());
    if (entry.kind() == TarEntry.Kind.DIRECTORY) {
      directories.add(name);
      return;
    }
    String quoted = EntryName.quote(entry.rawName());
    if (name.isEmpty() || directories.contains(name) || !names.add(name)) {
      throw new BundleException("refused: entry " + quoted + " is there twice");
    }
    switch (entry.kind()) {
      case FILE -> file(name, entry, tar);
      case HARD_LINK -> links.put(name, EntryName.of(entry.linkText()));
      case SYMBOLIC_LINK ->
          links.put(
              name,
              EntryName.target(name, entry.linkText())
                  .orElseThrow(
                      () ->
                          new BundleException(
                              "refused: entry "
                                  + quoted
                                  + " is a link that leaves the bundle, to "
                                  + EntryName.quote(entry.linkText()))));
      default ->
          throw new BundleException(
              "refused: entry " + quoted + " is a device, a pipe or of an unknown kind");
    }
  }

  private void file(String name, TarEntry entry, TarReader tar) throws IOException {
    if (!BundleInput.isRead(name)) {
      return;
    }
    long beyond = entry.sizeBytes() - limits.maxFileBytes();
    if (beyond > 0 && !BundleInput.isLog(name)) {
      throw new BundleException(
          "refused: entry " + EntryName.quote(name) + " has " + entry.sizeBytes() + " bytes");
    }
    tar.skip(Math.max(beyond, 0));
    Path content = unpacked.file();
    try (OutputStream out = Files.newOutputStream(content)) {
      tar.copyTo(out);
    }
    Files.setLastModifiedTime(content, FileTime.from(entry.modified()));
    files.put(name, new BundleFile(name, content, entry.modified(), beyond > 0));
  }

  private BundleContents contents() {
    links.forEach(
        (name, first) -> {
          String target = first;
          for (int i = 0; i < MAX_LINK_STEPS && links.containsKey(target); i++) {
            target = links.get(target);
          }
          BundleFile file = files.get(target);
          if (file != null) {
            files.put(name, new BundleFile(name, file.content(), file.modified(), file.tail()));
          } else if (BundleInput.isRead(name)) {
            warnings.add(EntryName.quote(name) + " is a link to nothing that podhop reads");
          }
        });
    return new BundleContents(files, warnings);
  }
}
