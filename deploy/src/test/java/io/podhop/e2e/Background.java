package io.podhop.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A process that runs beside the tests, with everything it writes in a file. */
final class Background implements AutoCloseable {
  private static final int LINES_SHOWN = 60;

  private final String name;
  private final Path log;
  private final Process process;
  private final Thread stopper = new Thread(this::kill);

  private Background(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
    Runtime.getRuntime().addShutdownHook(stopper);
  }

  static Background start(String name, Map<String, String> environment, List<String> words) {
    try {
      Path log = Files.createTempFile(Command.target(), name + "-", ".log");
      ProcessBuilder builder =
          new ProcessBuilder(words)
              .redirectErrorStream(true)
              .redirectOutput(Redirect.to(log.toFile()));
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      return new Background(name, log, process);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name, e);
    }
  }

  boolean isRunning() {
    return process.isAlive();
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** The end of what it wrote, under a line that names it. */
  String tail() {
    try {
      List<String> lines = Files.readAllLines(log);
      List<String> last = lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size());
      String state = process.isAlive() ? "running" : "ended with " + process.exitValue();
      return "%s (%s, %s):%n  %s%n".formatted(name, state, log, String.join("\n  ", last));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@code kill -9} does. */
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  @Override
  public void close() {
    Command.stop(process);
    Runtime.getRuntime().removeShutdownHook(stopper);
  }
}
