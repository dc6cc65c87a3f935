package io.podhop.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What this process costs, by the kernel's word. */
public final class OwnProcess {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";

  private OwnProcess() {}

  /** User and system time of all threads since start; empty when the kernel does not say. */
  public static Optional<Duration> cpuTime() {
    return ProcessHandle.current().info().totalCpuDuration();
  }

  /** Resident memory (proc_pid_status(5), VmRSS); empty when it cannot be read. */
  public static Optional<Long> residentBytes() {
    try {
      return residentBytes(Files.readAllLines(STATUS));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<Long> residentBytes(List<String> status) {
    return status.stream()
        .filter(line -> line.startsWith(RESIDENT))
        .map(line -> line.substring(RESIDENT.length()).strip())
        .filter(text -> text.matches("\\d{1,15} kB"))
        .map(text -> Long.parseLong(text.substring(0, text.indexOf(' '))) << 10)
        .findFirst();
  }
}
