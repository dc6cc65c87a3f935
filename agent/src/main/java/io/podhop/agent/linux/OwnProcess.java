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
  private static final int PRIO_PROCESS = 0;
  private static final String RESIDENT = "VmRSS:";

  private OwnProcess() {}

  /** User and system time of all threads since start; empty when the kernel does not say. */
  public static Optional<Duration> cpuTime() {
    return ProcessHandle.current().info().totalCpuDuration();
  }

  /**
   * Lets the calling thread run as soon as threads of ordinary programs do, whatever the niceness
   * that the process was started with (setpriority(2): on Linux it is each thread's own).
   *
   * @return false without CAP_SYS_NICE; the thread goes on with the niceness it had
   */
  public static boolean runAsOrdinary() {
    return LibC.KERNEL.getpriority(PRIO_PROCESS, 0) == 0
        || LibC.KERNEL.setpriority(PRIO_PROCESS, 0, 0) == 0;
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
