package io.podhop.agent;

import io.podhop.agent.nat.Conntrack;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.ConntrackException;
import io.podhop.model.FlowKey;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks conntrack about connections as they end: over one socket, so many times per second. One
 * thread owns it.
 */
final class NatQuestions implements AutoCloseable {
  static final int MAX_PER_SECOND = 2_000;

  private static final long SECOND_NS = 1_000_000_000L;

  /** After a failure conntrack is left alone for so long. */
  private static final long PAUSE_NS = 30 * SECOND_NS;

  private static final Logger LOG = LoggerFactory.getLogger(NatQuestions.class);

  private final Source source;
  private final LongSupplier nanoTime;
  private final AtomicLong unasked = new AtomicLong();
  private @Nullable Answers answers;
  private long secondFrom;
  private int asked;
  private long pausedUntil;

  /** Something to ask. */
  @FunctionalInterface
  interface Answers extends AutoCloseable {
    Optional<ConntrackEntry> find(FlowKey packet) throws ConntrackException;

    @Override
    default void close() {}
  }

  /** Opens it. */
  @FunctionalInterface
  interface Source {
    Answers open() throws ConntrackException;
  }

  NatQuestions(Source source, LongSupplier nanoTime) {
    this.source = source;
    this.nanoTime = nanoTime;
    this.secondFrom = nanoTime.getAsLong();
    this.pausedUntil = secondFrom;
  }

  /** The kernel's conntrack, of the network namespace that the calling thread is in. */
  static Answers kernel() throws ConntrackException {
    return new Kernel(Conntrack.open());
  }

  private record Kernel(Conntrack conntrack) implements Answers {
    @Override
    public Optional<ConntrackEntry> find(FlowKey packet) throws ConntrackException {
      return conntrack.find(packet);
    }

    @Override
    public void close() {
      conntrack.close();
    }
  }

  /** The entry that a packet belongs to, in either direction; empty also when it was not asked. */
  Optional<ConntrackEntry> find(FlowKey packet) {
    long now = nanoTime.getAsLong();
    if (now - secondFrom >= SECOND_NS) {
      secondFrom = now;
      asked = 0;
    }
    if (asked >= MAX_PER_SECOND || now - pausedUntil < 0) {
      unasked.incrementAndGet();
      return Optional.empty();
    }
    asked++;
    try {
      Answers open = answers == null ? source.open() : answers;
      answers = open;
      return open.find(packet);
    } catch (ConntrackException e) {
      LOG.warn("no conntrack evidence for a while: {}", e.getMessage());
      pausedUntil = now + PAUSE_NS;
      close();
      return Optional.empty();
    }
  }

  /** Questions not asked because of the bound, or of a failure just before. */
  long unasked() {
    return unasked.get();
  }

  @Override
  public void close() {
    if (answers != null) {
      answers.close();
      answers = null;
    }
  }
}
