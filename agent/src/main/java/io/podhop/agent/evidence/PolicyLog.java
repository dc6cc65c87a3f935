package io.podhop.agent.evidence;

import io.podhop.model.FlowKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the network policy agent's log gains between opening and reading. Unlike a follower of the
 * whole log it begins at the end, and reads a rotated file to its end through the open descriptor.
 */
final class PolicyLog implements AutoCloseable {
  /** As the EKS add-on writes it, beside ipamd's. */
  static final String NAME = "network-policy-agent.log";

  /** More than the agent writes while one trace runs; the end of it counts. */
  static final int MAX_BYTES = 4 << 20;

  private static final int MAX_VERDICTS = 256;

  private final Path file;
  private final @Nullable FileChannel channel;
  private final @Nullable Object key;
  private final long from;

  private PolicyLog(Path file, @Nullable FileChannel channel, @Nullable Object key, long from) {
    this.file = file;
    this.channel = channel;
    this.key = key;
    this.from = from;
  }

  /**
   * Notes where the log ends now. An absent file is no error: nothing is known then.
   *
   * @throws IOException when there is a log that cannot be read
   */
  static PolicyLog open(Path file) throws IOException {
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      try {
        return new PolicyLog(file, channel, key(file), channel.size());
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      return new PolicyLog(file, null, null, 0);
    }
  }

  /**
   * The denials of these conversations, in either direction, said since opening.
   *
   * @param since of what time at the earliest, by the lines' own clock
   * @param unavailable takes a sentence when not everything could be read
   * @throws IOException when the log cannot be read
   */
  List<PolicyVerdict> denials(
      Collection<FlowKey> tuples, Instant since, Consumer<String> unavailable) throws IOException {
    Set<FlowKey> wanted = new HashSet<>();
    for (FlowKey tuple : tuples) {
      wanted.add(tuple);
      wanted.add(tuple.reversed());
    }
    List<PolicyVerdict> verdicts = new ArrayList<>();
    for (String line : lines(unavailable)) {
      PolicyLine.denied(line)
          .filter(verdict -> wanted.contains(verdict.tuple()) && !verdict.at().isBefore(since))
          .filter(_ -> verdicts.size() < MAX_VERDICTS)
          .ifPresent(verdicts::add);
    }
    return List.copyOf(verdicts);
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }

  private List<String> lines(Consumer<String> unavailable) throws IOException {
    List<String> lines = new ArrayList<>();
    if (channel != null) {
      // Copied and truncated: what stands there now is all new.
      long start = channel.size() < from ? 0 : from;
      lines.addAll(tail(channel, start, unavailable));
    }
    if (Files.exists(file) && !Objects.equals(key(file), key)) {
      try (FileChannel now = FileChannel.open(file, StandardOpenOption.READ)) {
        lines.addAll(tail(now, 0, unavailable));
      }
    }
    return lines;
  }

  private List<String> tail(FileChannel open, long start, Consumer<String> unavailable)
      throws IOException {
    long size = open.size();
    long first = Math.max(start, size - MAX_BYTES);
    if (first > start) {
      unavailable.accept(
          "network policy log: only its last " + MAX_BYTES + " bytes of the window were read");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.max(0, size - first));
    int read = 0;
    while (read >= 0 && bytes.hasRemaining()) {
      read = open.read(bytes, first + bytes.position());
    }
    return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).lines().toList();
  }

  private static @Nullable Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }
}
