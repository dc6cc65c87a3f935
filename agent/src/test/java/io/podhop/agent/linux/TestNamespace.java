package io.podhop.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A network namespace of a test's own, with a process in it; gone when closed. */
public final class TestNamespace implements AutoCloseable {
  private final String name = "phk" + UUID.randomUUID().toString().substring(0, 8);
  private final Process resident;

  public TestNamespace() throws IOException {
    run("ip", "netns", "add", name);
    resident =
        new ProcessBuilder("ip", "netns", "exec", name, "sh", "-c", "echo up; exec cat").start();
    // The shell speaks only once "ip netns exec" has entered the namespace.
    assertThat(resident.inputReader().readLine()).isEqualTo("up");
    ip("link", "set", "lo", "up");
  }

  public String name() {
    return name;
  }

  /** Where {@code ip netns} keeps it. */
  public Path path() {
    return Path.of("/run/netns", name);
  }

  public int pid() {
    return Math.toIntExact(resident.pid());
  }

  /** Runs {@code ip -n NAME …} and returns what it printed. */
  public String ip(String... arguments) throws IOException {
    return run(concat(List.of("ip", "-n", name), arguments));
  }

  /** Runs a program inside. */
  public String exec(String... command) throws IOException {
    return run(concat(List.of("ip", "netns", "exec", name), command));
  }

  /** Ends the process in it; the namespace itself stays. */
  public void endResident() {
    resident.destroyForcibly();
    try {
      resident.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs a program where the test runs; its failure, or absence, is the test's. */
  public static String run(String... command) throws IOException {
    return switch (new Commands().run(command)) {
      case CommandResult.Exited(int exitCode, String stdout, String stderr) -> {
        assertThat(exitCode).as("%s: %s", String.join(" ", command), stderr).isZero();
        yield stdout;
      }
      case CommandResult.ToolMissing(String tool) ->
          throw new AssertionError(tool + " is missing: apt-get install iproute2 procps conntrack");
    };
  }

  @Override
  public void close() throws IOException {
    endResident();
    run("ip", "netns", "del", name);
  }

  private static String[] concat(List<String> first, String... rest) {
    List<String> all = new ArrayList<>(first);
    all.addAll(List.of(rest));
    return all.toArray(String[]::new);
  }
}
