package io.podhop.cli.command;

import io.podhop.cli.client.CaptureNews;
import io.podhop.cli.render.CaptureText;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PointCoverage;
import io.podhop.pcapng.CapturedBy;
import io.podhop.pcapng.CapturedOn;
import io.podhop.pcapng.PcapngWriter;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Where a capture goes: a file, or {@code -} for standard output. */
record CaptureFile(String name) {
  private static final String STANDARD_OUTPUT = "-";
  private static final int ETHERNET = 1;
  private static final int BUFFER_BYTES = 1 << 18;

  boolean isStandardOutput() {
    return name.equals(STANDARD_OUTPUT);
  }

  /**
   * Opens a spool beside the file, so that there is room for both and no waiting for a capture that
   * cannot be written in the end.
   */
  PacketSpool spool() throws UsageException {
    Path file = Path.of(name);
    if (Files.isDirectory(file) || Files.exists(file) && !Files.isWritable(file)) {
      throw new UsageException("cannot write to " + name);
    }
    Path folder = folder(file);
    try {
      return PacketSpool.in(folder);
    } catch (IOException e) {
      throw new UsageException("cannot write to " + folder + ": " + e.getMessage());
    }
  }

  /** Beside a named pipe or the like there may be no room. */
  private Path folder(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    boolean ofFile = !isStandardOutput() && (Files.isRegularFile(file) || !Files.exists(file));
    return ofFile && parent != null
        ? parent
        : Path.of(Objects.toString(System.getProperty("java.io.tmpdir"), "/tmp"));
  }

  /** Writes all of it, packets by time, with the verdicts at the connections' beginnings. */
  void write(CaptureGathering capture, String comment, int snapshotBytes) throws IOException {
    CapturedBy by =
        new CapturedBy(
            "", Objects.toString(System.getProperty("os.name"), ""), "podhop capture", comment);
    try (PcapngWriter to = new PcapngWriter(new BufferedOutputStream(open(), BUFFER_BYTES), by)) {
      CaptureNews.Ended ended = capture.ended();
      List<PointCoverage> coverage = ended == null ? List.of() : ended.coverage();
      describe(capture.points(), coverage, snapshotBytes, to);
      VerdictComments comments = new VerdictComments(capture.points(), capture.traces());
      capture.spool().times(comments::see);
      VerdictComments.Found found = comments.find();
      capture
          .spool()
          .read(
              (point, timeNs, wireLength, data) ->
                  to.packet(
                      point,
                      timeNs,
                      data,
                      Math.max(data.remaining(), wireLength),
                      found.take(point, timeNs)));
      statistics(capture.points(), coverage, to);
    }
  }

  private OutputStream open() throws IOException {
    return isStandardOutput()
        ? new FileOutputStream(FileDescriptor.out)
        : Files.newOutputStream(Path.of(name));
  }

  private static void describe(
      List<ObservationPoint> points,
      List<PointCoverage> coverage,
      int snapshotBytes,
      PcapngWriter to)
      throws IOException {
    Map<String, String> filters = new HashMap<>();
    coverage.forEach(seen -> filters.put(seen.point().identity(), seen.coverage().filter()));
    for (ObservationPoint point : points) {
      to.describe(
          new CapturedOn(
              CaptureText.interfaceName(point),
              CaptureText.interfaceDescription(point),
              filters.getOrDefault(point.identity(), ""),
              ETHERNET,
              snapshotBytes));
    }
  }

  private static void statistics(
      List<ObservationPoint> points, List<PointCoverage> coverage, PcapngWriter to)
      throws IOException {
    Map<String, PointCoverage> seen = new HashMap<>();
    coverage.forEach(one -> seen.put(one.point().identity(), one));
    for (int i = 0; i < points.size(); i++) {
      PointCoverage one = seen.get(points.get(i).identity());
      if (one != null) {
        to.statistics(
            i, one.coverage().toNs(), one.coverage().received(), one.coverage().dropped());
      }
    }
  }
}
