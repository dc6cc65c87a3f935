package io.podhop.agent.ipam;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Asks {@link Introspection} beside whoever wants the answer: {@link #get} never waits, and starts
 * an asking only when the last one began long enough ago.
 */
public final class IntrospectionPoll implements Supplier<IntrospectionSnapshot>, AutoCloseable {
  /** ipamd counts its pool every five seconds. */
  public static final Duration PERIOD = Duration.ofSeconds(10);

  private final Introspection introspection;
  private final LongSupplier nanoClock;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile IntrospectionSnapshot last = IntrospectionSnapshot.EMPTY;
  private volatile boolean closed;
  private long askedNs;
  private boolean asked;

  public IntrospectionPoll(Introspection introspection) {
    this(introspection, System::nanoTime);
  }

  IntrospectionPoll(Introspection introspection, LongSupplier nanoClock) {
    this.introspection = introspection;
    this.nanoClock = nanoClock;
  }

  /** The last answer; {@link IntrospectionSnapshot#EMPTY} until there is one. */
  @Override
  public synchronized IntrospectionSnapshot get() {
    long now = nanoClock.getAsLong();
    boolean due = !asked || now - askedNs >= PERIOD.toNanos();
    if (due && !closed && asking.compareAndSet(false, true)) {
      asked = true;
      askedNs = now;
      Thread.ofPlatform().daemon().name("podhop-introspection").start(this::ask);
    }
    return last;
  }

  private void ask() {
    try {
      last = introspection.read();
    } finally {
      asking.set(false);
    }
  }

  @Override
  public void close() {
    closed = true;
    introspection.close();
  }
}
