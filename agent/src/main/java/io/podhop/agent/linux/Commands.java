package io.podhop.agent.linux;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs external programs with bounds on their time and output, from trusted directories only, with
 * no more environment than PATH and LC_ALL=C, in the network namespace of the process.
 */
public final class Commands {
  private static final List<Path> TRUSTED =
      List.of(Path.of("/usr/sbin"), Path.of("/usr/bin"), Path.of("/sbin"), Path.of("/bin"));
  private static final int OUTPUT_BYTES = 64 * 1024 * 1024;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final int outputBytes;
  private final Duration timeout;

  /** At most 64 MiB of each output and ten seconds. */
  public Commands() {
    this(OUTPUT_BYTES, TIMEOUT);
  }

  public Commands(int outputBytes, Duration timeout) {
    this.outputBytes = outputBytes;
    this.timeout = timeout;
  }

  /**
   * Runs a program and waits for it.
   *
   * @param command its name, or its absolute path, and its arguments
   * @throws IOException when it cannot be started, or exceeds a bound and was killed
   * @throws IllegalStateException on the namespace thread: the JDK would leave a thread of its own
   *     in the pod's namespace
   */
  public CommandResult run(String... command) throws IOException {
    if (NamespaceThread.isCurrent()) {
      throw new IllegalStateException("no process is started inside a pod's namespace");
    }
    Optional<Path> program = find(command[0]);
    if (program.isEmpty()) {
      return new CommandResult.ToolMissing(command[0]);
    }
    List<String> line = new ArrayList<>(List.of(command));
    line.set(0, program.get().toString());
    ProcessBuilder builder = new ProcessBuilder(line).redirectInput(new File("/dev/null"));
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    environment.put("LC_ALL", "C");
    Process process = builder.start();
    try {
      return finish(process, String.join(" ", command));
    } finally {
      process.destroyForcibly();
    }
  }

  private static Optional<Path> find(String tool) {
    if (tool.startsWith("/")) {
      return Optional.of(Path.of(tool)).filter(Files::isExecutable);
    }
    if (tool.contains("/")) {
      return Optional.empty();
    }
    return TRUSTED.stream().map(dir -> dir.resolve(tool)).filter(Files::isExecutable).findFirst();
  }

  private CommandResult finish(Process process, String command) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    Gatherer stdout = new Gatherer(process, process.getInputStream());
    Gatherer stderr = new Gatherer(process, process.getErrorStream());
    try {
      boolean ended =
          process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)
              && stdout.endedBy(deadline)
              && stderr.endedBy(deadline);
      if (!ended) {
        throw new IOException("'" + command + "' did not end within " + timeout.toMillis() + " ms");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while '" + command + "' ran");
    }
    return new CommandResult.Exited(
        process.exitValue(), stdout.text(command), stderr.text(command));
  }

  /** Reads one output; kills the process when it says too much. */
  private final class Gatherer implements Runnable {
    private final Process process;
    private final InputStream stream;
    private final Thread thread;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private @Nullable IOException failure;

    Gatherer(Process process, InputStream stream) {
      this.process = process;
      this.stream = stream;
      this.thread = Thread.ofPlatform().daemon().name("podhop-command").start(this);
    }

    @Override
    public void run() {
      byte[] chunk = new byte[16 * 1024];
      try {
        for (int n = stream.read(chunk); n >= 0; n = stream.read(chunk)) {
          if (bytes.size() + n > outputBytes) {
            process.destroyForcibly();
            throw new IOException("it wrote more than " + outputBytes + " bytes");
          }
          bytes.write(chunk, 0, n);
        }
      } catch (IOException e) {
        failure = e;
      }
    }

    /** A grandchild may hold the stream open after the program ended: that is bounded too. */
    boolean endedBy(long deadline) throws InterruptedException {
      // Not isAlive(): it can still be true for a moment after join has seen the end.
      return thread.join(Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime())));
    }

    String text(String command) throws IOException {
      if (failure != null) {
        throw new IOException("'" + command + "' failed: " + failure.getMessage(), failure);
      }
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }
}
