package io.podhop.agent.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/**
 * An own buffer of trace events beside the kernel's global one (tracefs {@code instances/}): what
 * is switched on here disturbs nobody else, and ends when this is closed. One thread at a time.
 */
public final class TraceInstance implements AutoCloseable {
  private static final int READ_BYTES = 64 * 1024;

  /** A line of the kernel is never so long. */
  private static final int MAX_LINE = 8 * 1024;

  private static final int ATTEMPTS = 3;

  private final Path directory;
  private final int pipe;
  private final Pointer buffer = Memory.allocateDirect(LibC.RUNTIME, READ_BYTES);
  private final StringBuilder rest = new StringBuilder();
  private boolean closed;

  private TraceInstance(Path directory, int pipe) {
    this.directory = directory;
    this.pipe = pipe;
  }

  /**
   * Makes an instance; its reader is open from the start, by which {@link TraceFs#removeAbandoned}
   * knows that it lives.
   *
   * @param prefix of its name; the rest is random
   * @throws IOException when tracefs refuses
   */
  public static TraceInstance create(TraceFs traceFs, String prefix) throws IOException {
    IOException last = new IOException("no attempt");
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      String random = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
      Path directory = traceFs.root().resolve("instances").resolve(prefix + random);
      Files.createDirectory(directory);
      int fd =
          LibC.KERNEL.open(
              directory.resolve("trace_pipe").toString(), LibC.O_CLOEXEC | LibC.O_NONBLOCK, 0);
      if (fd >= 0) {
        return new TraceInstance(directory, fd);
      }
      // Another agent that begins now may have taken it for abandoned.
      last = new LinuxException("open trace_pipe", LibC.KERNEL.errno());
      Files.deleteIfExists(directory);
    }
    throw last;
  }

  /** Its name among the instances. */
  public String name() {
    return String.valueOf(directory.getFileName());
  }

  /** How many processors have a buffer each. */
  public int processors() {
    String[] cpus = directory.resolve("per_cpu").toFile().list();
    return cpus == null ? 1 : Math.max(1, cpus.length);
  }

  /** The text of one of its files, such as {@code events/skb/kfree_skb/format}. */
  public String read(String file) throws IOException {
    return Files.readString(directory.resolve(file), StandardCharsets.ISO_8859_1);
  }

  /** Whether the kernel offers this event, given as {@code skb/kfree_skb}. */
  public boolean hasEvent(String event) {
    return Files.exists(directory.resolve("events").resolve(event));
  }

  /** Writes one of its files, such as {@code buffer_size_kb}. */
  public void write(String file, String text) throws IOException {
    Files.writeString(directory.resolve(file), text, StandardCharsets.ISO_8859_1);
  }

  /** Hands over the lines of the events since the last call, in the order of their time. */
  public void drain(Consumer<String> lines) throws IOException {
    while (true) {
      long size = LibC.CALLS.read(pipe, buffer, READ_BYTES);
      if (size < 0) {
        int errno = LibC.errno();
        if (errno == LinuxException.EAGAIN) {
          return;
        }
        if (errno != LinuxException.EINTR) {
          throw new LinuxException("read trace_pipe", errno);
        }
      } else if (size == 0) {
        return;
      } else {
        byte[] bytes = new byte[(int) size];
        buffer.get(0, bytes, 0, bytes.length);
        split(new String(bytes, StandardCharsets.ISO_8859_1), lines);
      }
    }
  }

  /** Switches everything off and removes the instance; what was not drained is lost. */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      write("tracing_on", "0");
      write("events/enable", "0");
    } finally {
      LibC.close(pipe);
      Files.deleteIfExists(directory);
    }
  }

  private void split(String text, Consumer<String> lines) {
    int from = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      rest.append(text, from, end);
      lines.accept(rest.toString());
      rest.setLength(0);
      from = end + 1;
    }
    if (rest.length() + text.length() - from > MAX_LINE) {
      rest.setLength(0);
    }
    rest.append(text, from, text.length());
  }
}
