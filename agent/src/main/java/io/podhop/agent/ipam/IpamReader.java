package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads and follows ipamd.log, plugin.log and ipam.json of one node, and joins ipamd's own answer.
 * ipam.json is the truth about now, the logs about then. Not thread-safe; the snapshots are.
 */
public final class IpamReader implements AutoCloseable {
  private static final int MAX_ADDRESSES = 16_384;
  private static final int MAX_EVIDENCE_CHARACTERS = 400;
  private static final Pattern STATE_FILE = Pattern.compile("ipam(-nic-\\d+)?\\.json");

  private final Path stateDirectory;
  private final AllocationHistory history = new AllocationHistory(MAX_ADDRESSES);
  private final Ledger ledger = new Ledger(history);
  private final List<Log> logs;
  private final Map<Path, State> states = new TreeMap<>();
  private final List<String> stateWarnings = new ArrayList<>();
  private long malformedStates;
  private final Supplier<IntrospectionSnapshot> introspection;
  private IntrospectionSnapshot answered = IntrospectionSnapshot.EMPTY;
  private @Nullable IpamSnapshot last;

  private record Log(Path file, LogFollower follower, IpamLogParser parser) {}

  /** The last readable content of a state file, and what the file looked like then. */
  private record State(
      FileTime modified,
      long sizeBytes,
      @Nullable Object fileKey,
      List<IpamStateFile.Entry> entries) {}

  /**
   * @param logDirectory {@code /var/log/aws-routed-eni}
   * @param stateDirectory {@code /var/run/aws-node}
   */
  public IpamReader(Path logDirectory, Path stateDirectory) {
    this(logDirectory, stateDirectory, () -> IntrospectionSnapshot.EMPTY);
  }

  /**
   * @param introspection ipamd's last answer, without waiting for one
   */
  public IpamReader(
      Path logDirectory, Path stateDirectory, Supplier<IntrospectionSnapshot> introspection) {
    this(logDirectory, stateDirectory, introspection, FollowLimits.DEFAULT);
  }

  /** As {@link #IpamReader(Path, Path, Supplier)}, with other bounds. */
  public IpamReader(
      Path logDirectory,
      Path stateDirectory,
      Supplier<IntrospectionSnapshot> introspection,
      FollowLimits limits) {
    this.introspection = introspection;
    this.stateDirectory = stateDirectory;
    this.logs =
        List.of(
            log(logDirectory, Ledger.IPAMD_LOG, limits), log(logDirectory, "plugin.log", limits));
  }

  /** Reads what is new. The same object as before when nothing is. */
  public IpamSnapshot poll() {
    long before = records();
    for (Log log : logs) {
      if (log.follower().poll(log.parser()::accept) == 0) {
        log.parser().flush();
      }
    }
    boolean grown = records() > before;
    boolean stateChanged = readStates();
    IntrospectionSnapshot answer = introspection.get();
    boolean same = !grown && !stateChanged && answer.equals(answered);
    answered = answer;
    IpamSnapshot known = last;
    List<String> warnings = warnings();
    IpamCounters counters = counters();
    if (known != null
        && same
        && known.warnings().equals(warnings)
        && known.counters().equals(counters)) {
      return known;
    }
    IpamSnapshot snapshot = ledger.freeze(answer, warnings, counters);
    last = snapshot;
    return snapshot;
  }

  private long records() {
    return logs.stream().mapToLong(log -> log.parser().records()).sum();
  }

  @Override
  public void close() {
    logs.forEach(log -> log.follower().close());
  }

  private Log log(Path directory, String name, FollowLimits limits) {
    Path file = directory.resolve(name);
    return new Log(
        file,
        new LogFollower(file, limits),
        new IpamLogParser((event, line) -> ledger.apply(event, evidence(name, line))));
  }

  private static Citation evidence(String file, String line) {
    return AllocationEvidence.line(
        file,
        line.length() > MAX_EVIDENCE_CHARACTERS
            ? line.substring(0, MAX_EVIDENCE_CHARACTERS) + "…"
            : line);
  }

  private boolean readStates() {
    stateWarnings.clear();
    boolean changed = false;
    List<Path> files = stateFiles();
    for (Path file : files) {
      changed |= readState(file);
    }
    if (changed) {
      List<IpamStateFile.Entry> entries =
          states.values().stream().flatMap(state -> state.entries().stream()).toList();
      ledger.applyState(entries, oldestWrite());
    }
    return changed;
  }

  private List<Path> stateFiles() {
    try (Stream<Path> entries = Files.list(stateDirectory)) {
      List<Path> files =
          entries
              .filter(path -> STATE_FILE.matcher(RotatedLogs.name(path)).matches())
              .sorted()
              .toList();
      if (files.isEmpty()) {
        stateWarnings.add(
            "no ipam.json in " + stateDirectory + ": who holds an address now is the log's word");
      }
      return files;
    } catch (IOException e) {
      stateWarnings.add(
          "cannot list " + stateDirectory + " for ipam.json: is it mounted? (" + e + ")");
      return List.of();
    }
  }

  private boolean readState(Path file) {
    State known = states.get(file);
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      if (known != null
          && known.modified().equals(now.lastModifiedTime())
          && known.sizeBytes() == now.size()
          && String.valueOf(known.fileKey()).equals(String.valueOf(now.fileKey()))) {
        return false;
      }
      IpamStateFile.Content content = IpamStateFile.read(file);
      malformedStates += content.malformed();
      states.put(
          file, new State(now.lastModifiedTime(), now.size(), now.fileKey(), content.entries()));
      return true;
    } catch (IOException e) {
      malformedStates++;
      stateWarnings.add(
          "cannot use "
              + file
              + (known == null ? "" : ", the last good one stands")
              + ": "
              + e.getMessage());
      return false;
    }
  }

  /** With several files, only what all of them have seen is certain. */
  private Instant oldestWrite() {
    return states.values().stream()
        .map(state -> state.modified().toInstant())
        .min(Comparator.naturalOrder())
        .orElse(Instant.EPOCH);
  }

  private List<String> warnings() {
    List<String> warnings = new ArrayList<>(stateWarnings);
    warnings.addAll(answered.warnings());
    for (Log log : logs) {
      if (log.follower().isMissing()) {
        warnings.add(
            log.file() + " is missing: is it mounted, and does AWS_VPC_K8S_*_LOG_FILE name it?");
      }
      if (log.follower().readFailures() > 0) {
        warnings.add(log.file() + ": " + log.follower().readFailures() + " reads failed");
      }
    }
    return warnings;
  }

  private IpamCounters counters() {
    long lines = 0;
    long unparsed = 0;
    long cut = 0;
    long rotations = 0;
    long truncations = 0;
    for (Log log : logs) {
      lines += log.parser().lines();
      unparsed += log.parser().unparsed();
      cut += log.follower().cutLines();
      rotations += log.follower().rotations();
      truncations += log.follower().truncations();
    }
    return new IpamCounters(
        lines, unparsed, cut, rotations, truncations, malformedStates, history.forgotten());
  }
}
