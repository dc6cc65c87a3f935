package io.podhop.collector.control;

import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** The answers to one request, from all agents, in one bounded queue. */
public final class Conversation implements AutoCloseable {
  /** Answers that may wait to be read. */
  static final int MAX_QUEUE = 8_192;

  /** Hops may fill half of it: what decides a trace always finds room. */
  static final int MAX_HOPS = MAX_QUEUE / 2;

  private final String requestId;
  private final Agents agents;
  private final Counters counters;
  private final BlockingQueue<FromAgent> queue = new ArrayBlockingQueue<>(MAX_QUEUE);

  Conversation(String requestId, Agents agents, Counters counters) {
    this.requestId = requestId;
    this.agents = agents;
    this.counters = counters;
  }

  public String requestId() {
    return requestId;
  }

  /** The next answer, or empty after {@code nanos} without one. */
  public Optional<FromAgent> next(long nanos) throws InterruptedException {
    return Optional.ofNullable(queue.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS));
  }

  void hear(FromAgent heard) {
    boolean hop = heard instanceof FromAgent.Said said && said.message().hasHopSeen();
    if (hop && queue.size() >= MAX_HOPS || !queue.offer(heard)) {
      counters.increment(CollectorCounter.HOPS_NOT_SHOWN);
    }
  }

  public void cancel() {
    hear(new FromAgent.Cancelled());
  }

  @Override
  public void close() {
    agents.forget(this);
  }
}
