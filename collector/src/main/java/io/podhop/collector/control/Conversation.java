package io.podhop.collector.control;

import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.v1.AgentMessage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The answers to one request, from all agents, in one bounded queue. */
public final class Conversation implements AutoCloseable {
  /** Answers that may wait to be read. */
  static final int MAX_QUEUE = 8_192;

  /** Hops, flows and packets may fill half of it: what decides a request always finds room. */
  static final int MAX_BULK = MAX_QUEUE / 2;

  /** The bytes of hops, flows and packets that may wait. */
  static final long MAX_BULK_BYTES = 16 << 20;

  private final String requestId;
  private final boolean hearsOfAll;
  private final Agents agents;
  private final Counters counters;
  private final BlockingQueue<FromAgent> queue = new ArrayBlockingQueue<>(MAX_QUEUE);
  private final AtomicLong bulkBytes = new AtomicLong();
  private final Map<String, Long> lost = new ConcurrentHashMap<>();

  Conversation(String requestId, boolean hearsOfAll, Agents agents, Counters counters) {
    this.requestId = requestId;
    this.hearsOfAll = hearsOfAll;
    this.agents = agents;
    this.counters = counters;
  }

  public String requestId() {
    return requestId;
  }

  boolean hearsOfAll() {
    return hearsOfAll;
  }

  /** The next answer, or empty after {@code nanos} without one. */
  public Optional<FromAgent> next(long nanos) throws InterruptedException {
    FromAgent heard = queue.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS);
    if (heard instanceof FromAgent.Said said) {
      bulkBytes.addAndGet(-bulkBytes(said.message()));
    }
    return Optional.ofNullable(heard);
  }

  /**
   * Hears agents until nothing more is awaited, but everybody who is there first: they are what a
   * conversation with all agents hears of at its beginning.
   *
   * @param isOver whether nobody wants to know any more, which ends it at once
   * @param isDone whether all who were asked have answered
   */
  public void gather(
      Duration limit, Consumer<FromAgent> hear, BooleanSupplier isOver, BooleanSupplier isDone)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    boolean opened = false;
    while (!isOver.getAsBoolean() && !(opened && isDone.getAsBoolean())) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return;
      }
      Optional<FromAgent> heard = next(opened ? left : 0);
      opened |= heard.isEmpty() || !(heard.get() instanceof FromAgent.Came);
      heard.ifPresent(hear);
    }
  }

  /**
   * How many flows and packets of each node found no room here since this was last asked, because
   * whoever reads this conversation is too slow.
   */
  public Map<String, Long> takeLost() {
    Map<String, Long> taken = new LinkedHashMap<>();
    for (String node : Set.copyOf(lost.keySet())) {
      Long count = lost.remove(node);
      if (count != null) {
        taken.put(node, count);
      }
    }
    return taken;
  }

  void hear(FromAgent heard) {
    long bytes = heard instanceof FromAgent.Said said ? bulkBytes(said.message()) : 0;
    boolean room =
        bytes == 0 || queue.size() < MAX_BULK && bulkBytes.get() + bytes <= MAX_BULK_BYTES;
    bulkBytes.addAndGet(bytes);
    if (!room || !queue.offer(heard)) {
      bulkBytes.addAndGet(-bytes);
      count(heard);
    }
  }

  private void count(FromAgent heard) {
    if (!(heard instanceof FromAgent.Said(String node, AgentMessage message))) {
      counters.increment(CollectorCounter.HOPS_NOT_SHOWN);
      return;
    }
    switch (message.getMessageCase()) {
      case FLOWS_SEEN ->
          lose(node, CollectorCounter.FLOWS_NOT_SHOWN, message.getFlowsSeen().getFlowsCount());
      case PACKETS ->
          lose(node, CollectorCounter.PACKETS_NOT_SENT, message.getPackets().getPacketsCount());
      case REGISTER,
          INVENTORY,
          ARMED,
          HOP_SEEN,
          PROBED,
          FINISHED,
          FAILED,
          PAIRS,
          ANSWER,
          MESSAGE_NOT_SET ->
          counters.increment(CollectorCounter.HOPS_NOT_SHOWN);
    }
  }

  private void lose(String node, CollectorCounter counter, long count) {
    counters.add(counter, count);
    lost.merge(node, count, Long::sum);
  }

  /** The size of a message that there may be very many of; 0 for the few that decide. */
  private static long bulkBytes(AgentMessage message) {
    return message.hasHopSeen() || message.hasFlowsSeen() || message.hasPackets()
        ? message.getSerializedSize()
        : 0;
  }

  /** What it is for is to be brought to its end, now. */
  public void enough() {
    hear(new FromAgent.Enough());
  }

  public void cancel() {
    hear(new FromAgent.Cancelled());
  }

  @Override
  public void close() {
    agents.forget(this);
  }
}
