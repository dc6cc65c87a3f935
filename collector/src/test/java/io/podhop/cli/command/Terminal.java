package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.ScriptedCollector;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** A command that runs on a pseudo-terminal, and what a person sees there. */
final class Terminal implements AutoCloseable {
  static final int ROWS = 24;
  static final int COLUMNS = 80;
  private static final long BOUND_SECONDS = 40;
  private static final byte CTRL_C = 3;

  private final Screen screen = new Screen(ROWS, COLUMNS);
  private final AtomicReference<String> fault = new AtomicReference<>("");
  private final Process process;
  private final Thread reading;

  private Terminal(Process process) {
    this.process = process;
    this.reading = Thread.ofPlatform().daemon().start(this::read);
  }

  static Terminal run(ScriptedCollector collector, String... command) throws IOException {
    String line =
        Programs.line(collector, command).stream()
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" "));
    String shell = "stty rows %d cols %d; exec %s".formatted(ROWS, COLUMNS, line);
    return new Terminal(
        new ProcessBuilder("script", "-qefc", shell, "/dev/null")
            .redirectErrorStream(true)
            .start());
  }

  private void read() {
    try (Reader in = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
      for (int c = in.read(); c >= 0; c = in.read()) {
        screen.accept((char) c);
      }
    } catch (IOException | IllegalArgumentException e) {
      fault.set(e.toString());
    }
  }

  Screen screen() {
    return screen;
  }

  /** Waits until a line of the screen begins so. */
  Terminal await(String beginning) {
    Awaitility.await()
        .atMost(BOUND_SECONDS, TimeUnit.SECONDS)
        .untilAsserted(
            () -> assertThat(screen.lines()).anyMatch(line -> line.startsWith(beginning)));
    return this;
  }

  /** Types Ctrl-C. */
  void interrupt() throws IOException {
    process.getOutputStream().write(CTRL_C);
    process.getOutputStream().flush();
  }

  /** Sends a signal to the command. */
  void signal(String name) throws IOException, InterruptedException {
    List<Long> java =
        process.descendants().filter(ProcessHandle::isAlive).map(ProcessHandle::pid).toList();
    String pid = Long.toString(java.getLast());
    new ProcessBuilder("kill", "-" + name, pid).start().waitFor();
  }

  /** Waits for the end; everything is on the screen then. */
  int exit() throws InterruptedException {
    if (!process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("does not end; the screen: " + screen.lines());
    }
    reading.join(TimeUnit.SECONDS.toMillis(BOUND_SECONDS));
    if (!fault.get().isEmpty()) {
      throw new AssertionError(fault.get());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
