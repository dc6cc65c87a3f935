package io.podhop.collector.observe;

import io.podhop.collector.control.Agents;
import io.podhop.collector.control.Conversation;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.collector.registry.AgentStatus;
import io.podhop.collector.registry.Registry;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers for flows and pairs, a bounded number at a time, each on a thread of its own. */
public final class Observer implements AutoCloseable {
  /** Observations that may run at one time: as many as each agent takes part in. */
  public static final int MAX_RUNNING = 32;

  private static final long CLOSE_MS = 500;

  private static final String NO_AGENTS =
      "no agent is connected to this collector: start `podhop agent --collector HOST:PORT`"
          + " on the nodes";

  private static final Logger LOG = LoggerFactory.getLogger(Observer.class);

  private final Registry registry;
  private final Agents agents;
  private final Counters counters;
  private final Set<Conversation> running = ConcurrentHashMap.newKeySet();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0,
          MAX_RUNNING,
          1,
          TimeUnit.MINUTES,
          new SynchronousQueue<>(),
          Thread.ofPlatform().name("podhop-observe-", 0).daemon().factory());

  public Observer(Registry registry, Agents agents, Counters counters) {
    this.registry = registry;
    this.agents = agents;
    this.counters = counters;
  }

  /**
   * Starts an observation and returns at once with what cancels it.
   *
   * @param news called on the observation's thread; may wait for a slow reader: what comes in the
   *     meantime waits in a bounded queue, and what finds no room there is told
   * @param ended called last, in any case
   */
  public Runnable flows(FlowQuestion question, Consumer<FlowNews> news, Runnable ended) {
    return start(
        conversation -> {
          if (registry.nodes().stream().noneMatch(AgentStatus::connected)) {
            news.accept(new FlowNews.Refused(NO_AGENTS));
          } else {
            new FlowRun(question, agents, conversation, counters, news).run(absent());
          }
        },
        sentence -> news.accept(new FlowNews.Refused(sentence)),
        ended);
  }

  /**
   * Asks for the totals of all pairs and returns at once with what cancels it.
   *
   * @param answer called once, unless refused
   * @param refused called with the reason instead
   * @param ended called last, in any case
   */
  public Runnable pairs(Consumer<PairsAnswer> answer, Consumer<String> refused, Runnable ended) {
    return start(
        conversation -> answer.accept(new PairsRun(agents, conversation, counters).run(absent())),
        refused,
        ended);
  }

  /** What one conversation is for. */
  @FunctionalInterface
  private interface Work {
    void run(Conversation conversation) throws InterruptedException;
  }

  private Runnable start(Work work, Consumer<String> refused, Runnable ended) {
    Conversation conversation = agents.converseWithAll();
    try {
      threads.execute(() -> run(work, conversation, refused, ended));
    } catch (RejectedExecutionException e) {
      conversation.close();
      counters.increment(CollectorCounter.OBSERVERS_REFUSED);
      refused.accept(MAX_RUNNING + " observations are running already: try again in a moment");
      ended.run();
    }
    return conversation::cancel;
  }

  private void run(Work work, Conversation conversation, Consumer<String> refused, Runnable ended) {
    running.add(conversation);
    try (conversation) {
      work.run(conversation);
    } catch (InterruptedException e) {
      refused.accept("the collector is stopping");
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("observation {} failed", conversation.requestId(), e);
      refused.accept("the collector failed on this question; its log says why");
    } finally {
      running.remove(conversation);
      ended.run();
    }
  }

  private List<String> absent() {
    return registry.nodes().stream()
        .filter(status -> !status.connected())
        .map(AgentStatus::node)
        .toList();
  }

  @Override
  public void close() {
    running.forEach(Conversation::cancel);
    threads.shutdown();
    try {
      if (!threads.awaitTermination(CLOSE_MS, TimeUnit.MILLISECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
