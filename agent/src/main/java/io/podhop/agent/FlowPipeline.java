package io.podhop.agent;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread {@code podhop-flows}: takes what the capture hands over and has it worked on. */
final class FlowPipeline implements AutoCloseable {
  /** How late what is due may be noticed where nothing else happens. */
  private static final long TICK_MS = 200;

  /** Events taken before those who watch are served again. */
  private static final int MAX_BATCH = 1_024;

  private static final long STOP_MS = 2_000;
  private static final Logger LOG = LoggerFactory.getLogger(FlowPipeline.class);

  private final FlowFeed feed;
  private final Predicate<FlowEvent> taken;
  private final FlowWork work;
  private final Runnable afterEach;
  private final LongSupplier nanoTime;
  private final AtomicLong errors = new AtomicLong();
  private final Thread thread;

  /**
   * @param taken whether somebody else will tell of what an event says
   * @param afterEach called after each batch, on the flows thread
   * @param nanoTime the clock of everything that waits
   */
  FlowPipeline(
      FlowFeed feed,
      Predicate<FlowEvent> taken,
      FlowWork work,
      Runnable afterEach,
      LongSupplier nanoTime) {
    this.feed = feed;
    this.taken = taken;
    this.work = work;
    this.afterEach = afterEach;
    this.nanoTime = nanoTime;
    this.thread = Thread.ofPlatform().name("podhop-flows").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void step() throws InterruptedException {
    @Nullable FlowEvent event = feed.poll(TICK_MS);
    long now = nanoTime.getAsLong();
    for (int count = 0; event != null && count < MAX_BATCH; count++) {
      FlowEvent taking = event;
      guarded(() -> accept(taking, now));
      event = count + 1 < MAX_BATCH ? feed.poll() : null;
    }
    for (FlowJoiner.Group group : work.due(now)) {
      guarded(() -> work.finish(group, now));
    }
    guarded(afterEach);
  }

  private void accept(FlowEvent event, long now) {
    if (!taken.test(event)) {
      work.accept(event, now);
    }
  }

  /** One connection that we cannot work on must not cost all the others. */
  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      if (errors.incrementAndGet() == 1) {
        LOG.error("a connection could not be worked on; further ones are only counted", e);
      }
    }
  }

  /** Connections lost to a fault of ours. */
  long errors() {
    return errors.get();
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(STOP_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
