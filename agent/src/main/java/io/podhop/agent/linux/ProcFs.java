package io.podhop.agent.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads /proc (proc(5)). Processes vanish and linger as zombies at any moment: what cannot be read
 * of one is empty and counted, never an error.
 */
public final class ProcFs {
  private static final int START_TIME_FIELD = 22;

  private final Path root;
  private final LinuxCounters counters;

  /**
   * @param root normally {@code /proc}
   */
  public ProcFs(Path root, LinuxCounters counters) {
    this.root = root;
    this.counters = counters;
  }

  /**
   * All process ids, ascending.
   *
   * @throws IOException when the directory itself cannot be listed
   */
  public List<Integer> pids() throws IOException {
    List<Integer> pids = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root, "[0-9]*")) {
      for (Path entry : entries) {
        parsePid(String.valueOf(entry.getFileName())).ifPresent(pids::add);
      }
    }
    Collections.sort(pids);
    return pids;
  }

  /** Where the process' network namespace is opened: {@code /proc/PID/ns/net}. */
  public Path netnsPath(int pid) {
    return process(pid).resolve("ns/net");
  }

  /** Inode of the process' network namespace; empty for zombies and the vanished. */
  public OptionalLong netnsInode(int pid) {
    try {
      return OptionalLong.of(inode(Files.readSymbolicLink(netnsPath(pid))));
    } catch (IOException e) {
      counters.count(LinuxCounter.PROCESS_SKIPPED);
      return OptionalLong.empty();
    }
  }

  /** Clock ticks since boot at which the process started: with the pid, its identity. */
  public OptionalLong startTicks(int pid) {
    return read(pid, "stat").map(ProcFs::startTicks).orElse(OptionalLong.empty());
  }

  /** Whether a signal or a debugger has stopped the process; false when it vanished. */
  public boolean isStopped(int pid) {
    return read(pid, "stat").map(ProcFs::isStopped).orElse(false);
  }

  /**
   * A file of the process' network namespace, such as {@code snmp} or {@code stat/nf_conntrack}:
   * read without entering it.
   *
   * @return empty when the process vanished or the kernel has no such file
   */
  public Optional<String> netFile(int pid, String name) {
    return read(pid, "net/" + name);
  }

  /**
   * Inodes of the sockets that the process holds open.
   *
   * @param maxDescriptors how many of its file descriptors are looked at
   */
  public Set<Long> socketInodes(int pid, int maxDescriptors) {
    Set<Long> inodes = new HashSet<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(process(pid).resolve("fd"))) {
      int seen = 0;
      for (Path entry : entries) {
        if (++seen > maxDescriptors) {
          break;
        }
        socketInode(entry).ifPresent(inodes::add);
      }
    } catch (IOException | DirectoryIteratorException e) {
      counters.count(LinuxCounter.PROCESS_SKIPPED);
    }
    return inodes;
  }

  /** The process' name, as the kernel keeps it: at most 15 characters. */
  public Optional<String> comm(int pid) {
    return read(pid, "comm").map(String::stripTrailing);
  }

  /** Path in the unified hierarchy (cgroup v2) or else of the first controller (v1). */
  public Optional<String> cgroup(int pid) {
    return read(pid, "cgroup").flatMap(ProcFs::cgroupPath);
  }

  /**
   * @throws IOException unless the link reads like {@code net:[4026531840]}
   */
  static long inode(Path link) throws IOException {
    String text = link.toString();
    if (!text.matches("net:\\[\\d{1,18}]")) {
      throw new IOException("not a network namespace: " + text);
    }
    return Long.parseLong(text.substring(5, text.length() - 1));
  }

  static OptionalLong startTicks(String stat) {
    // The name may hold spaces and parentheses, so fields count from its last parenthesis.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    int index = START_TIME_FIELD - 3;
    return fields.length > index && fields[index].matches("\\d{1,18}")
        ? OptionalLong.of(Long.parseLong(fields[index]))
        : OptionalLong.empty();
  }

  static boolean isStopped(String stat) {
    String rest = stat.substring(stat.lastIndexOf(')') + 1).strip();
    return rest.startsWith("T") || rest.startsWith("t");
  }

  /** A descriptor may be closed while it is looked at. */
  private static Optional<Long> socketInode(Path descriptor) {
    try {
      String target = Files.readSymbolicLink(descriptor).toString();
      return target.matches("socket:\\[\\d{1,18}]")
          ? Optional.of(Long.valueOf(target.substring(8, target.length() - 1)))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<String> cgroupPath(String file) {
    Optional<String> first = Optional.empty();
    for (String line : file.lines().toList()) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && parts[0].equals("0")) {
        return Optional.of(parts[2]);
      }
      if (parts.length == 3 && first.isEmpty()) {
        first = Optional.of(parts[2]);
      }
    }
    return first;
  }

  private static Optional<Integer> parsePid(String name) {
    return name.matches("[1-9]\\d{0,8}") ? Optional.of(Integer.valueOf(name)) : Optional.empty();
  }

  private Optional<String> read(int pid, String file) {
    try {
      byte[] bytes = Files.readAllBytes(process(pid).resolve(file));
      return Optional.of(new String(bytes, StandardCharsets.UTF_8));
    } catch (IOException e) {
      counters.count(LinuxCounter.PROCESS_SKIPPED);
      return Optional.empty();
    }
  }

  private Path process(int pid) {
    return root.resolve(Integer.toString(pid));
  }
}
