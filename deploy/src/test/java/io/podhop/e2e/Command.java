package io.podhop.e2e;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that is run to its end. */
public final class Command {
  /** Far beyond what any command here takes; only a hanging one gets there. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Process process;
  private final Path out;
  private final Path err;
  private final List<String> words;
  private final long startedNs = System.nanoTime();

  private Command(Process process, Path out, Path err, List<String> words) {
    this.process = process;
    this.out = out;
    this.err = err;
    this.words = words;
  }

  /** What came of a command. */
  public record Result(
      List<String> command, int exitCode, String out, String err, Duration elapsed) {
    /** Standard output of a command that must succeed. */
    String orFail() {
      if (exitCode != 0) {
        throw new IllegalStateException(this + " failed");
      }
      return out;
    }

    @Override
    public String toString() {
      return "`%s` → exit code %d in %d ms%n%s%s"
          .formatted(String.join(" ", command), exitCode, elapsed.toMillis(), out, err);
    }
  }

  /** Runs a command to its end. */
  public static Result run(List<String> words) {
    return start(words).await();
  }

  /** The same in another directory, with more environment. */
  public static Result run(List<String> words, Path directory, Map<String, String> environment) {
    return start(words, directory, environment).await();
  }

  /** Starts a command whose end is awaited later. */
  static Command start(List<String> words) {
    return start(words, Path.of("").toAbsolutePath(), Map.of());
  }

  private static Command start(
      List<String> words, Path directory, Map<String, String> environment) {
    try {
      Path out = Files.createTempFile(target(), "command", ".out");
      Path err = Files.createTempFile(target(), "command", ".err");
      ProcessBuilder builder =
          new ProcessBuilder(words)
              .directory(directory.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      return new Command(process, out, err, words);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + words, e);
    }
  }

  Result await() {
    try {
      if (!process.waitFor(LIMIT.toNanos(), NANOSECONDS)) {
        throw new IllegalStateException(result(-1) + "did not end within " + LIMIT);
      }
      return result(process.exitValue());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + words, e);
    } finally {
      stop(process);
      discard(out);
      discard(err);
    }
  }

  boolean isRunning() {
    return process.isAlive();
  }

  private Result result(int exitCode) {
    Duration elapsed = Duration.ofNanos(System.nanoTime() - startedNs);
    try {
      return new Result(words, exitCode, Files.readString(out), Files.readString(err), elapsed);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void discard(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends a process, gently first; returns when it is gone. */
  static void stop(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(3, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** Where tests write; made when missing. */
  static Path target() {
    try {
      return Files.createDirectories(Path.of("target/e2e").toAbsolutePath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
