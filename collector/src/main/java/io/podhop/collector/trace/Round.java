package io.podhop.collector.trace;

import io.podhop.collector.control.Agents;
import io.podhop.collector.control.Conversation;
import io.podhop.collector.control.FromAgent;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** The agents of one request from arming to finishing. One thread owns it. */
final class Round {
  /** How long an agent may take to open its captures. */
  static final Duration ARM_LIMIT = Duration.ofMillis(1_500);

  /** Time alone may end a wait: nothing need be heard for it. */
  private static final long STEP_NANOS = Duration.ofMillis(100).toNanos();

  private final Agents agents;
  private final Conversation conversation;
  private final Counters counters;
  private final Answers answers;
  private final BiConsumer<String, AgentMessage> understand;
  private boolean cancelled;
  private boolean enough;

  /**
   * @param understand takes a node's answer; throws IllegalArgumentException at one that is none
   */
  Round(
      Agents agents,
      Conversation conversation,
      Counters counters,
      Answers answers,
      BiConsumer<String, AgentMessage> understand) {
    this.agents = agents;
    this.conversation = conversation;
    this.counters = counters;
    this.answers = answers;
    this.understand = understand;
  }

  /** Nobody wants to know any more: every wait is over. */
  boolean isCancelled() {
    return cancelled;
  }

  /** It is to be brought to its end. */
  boolean isEnough() {
    return enough;
  }

  /** Has the nodes armed; who does not manage in time is lost. */
  void arm(List<String> nodes, Function<String, CollectorMessage> arm) throws InterruptedException {
    for (String node : nodes) {
      if (!agents.send(node, arm.apply(node))) {
        answers.lost(node, "it is not connected");
      }
    }
    await(
        () -> nodes.stream().allMatch(node -> answers.isArmed(node) || answers.isLost(node)),
        ARM_LIMIT);
    for (String node : nodes) {
      if (!answers.isArmed(node)) {
        answers.lost(node, "it did not answer within " + ARM_LIMIT.toMillis() + " ms");
      }
    }
  }

  /** Has all finish, for agents that did not arm in time may have armed since; awaits the armed. */
  void finish(List<String> nodes, Duration limit) throws InterruptedException {
    List<String> told =
        nodes.stream()
            .filter(node -> agents.send(node, Plan.finish(conversation.requestId())))
            .filter(answers::isArmed)
            .toList();
    await(
        () -> told.stream().allMatch(node -> answers.isFinished(node) || answers.isLost(node)),
        limit);
  }

  /** Hears agents until something is so, for a bounded time, or until nobody wants to know. */
  void await(BooleanSupplier done, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!cancelled && !done.getAsBoolean()) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return;
      }
      conversation.next(Math.min(left, STEP_NANOS)).ifPresent(this::hear);
    }
  }

  private void hear(FromAgent heard) {
    switch (heard) {
      case FromAgent.Cancelled _ -> cancelled = true;
      case FromAgent.Enough _ -> enough = true;
      case FromAgent.Came _ -> {}
      case FromAgent.Gone gone -> answers.lost(gone.node(), "its stream ended");
      case FromAgent.Said said -> {
        try {
          understand.accept(said.node(), said.message());
        } catch (IllegalArgumentException e) {
          counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
        }
      }
    }
  }
}
