package io.podhop.collector.observe;

import io.podhop.collector.control.Agents;
import io.podhop.collector.control.Conversation;
import io.podhop.collector.control.FromAgent;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.model.Flow;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.EndObserve;
import io.podhop.v1.FlowsSeen;
import io.podhop.v1.Observe;
import io.podhop.wire.FlowCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One observation while it runs, on one thread. First the kept flows are gathered from all nodes
 * and told oldest first, then, when asked to follow, what comes is passed on.
 */
final class FlowRun {
  /** How long the agents may take to send the flows they kept. */
  static final Duration LAST_LIMIT = Duration.ofSeconds(3);

  /** Flows that may come from the fast agents while the kept ones of the slow are waited for. */
  static final int MAX_EARLY = 20_000;

  private static final long STEP_NANOS = Duration.ofMillis(200).toNanos();

  private final FlowQuestion question;
  private final Agents agents;
  private final Conversation conversation;
  private final Counters counters;
  private final Consumer<FlowNews> news;

  private final Newest newest;
  private final OtherEnds otherEnds;
  private final List<Flow> early = new ArrayList<>();

  /** Agents that were asked and are there. */
  private final Set<String> living = new HashSet<>();

  /** Of those, the ones whose kept flows are still awaited. */
  private final Set<String> awaited = new HashSet<>();

  private final Map<String, Long> droppedByAgent = new HashMap<>();
  private boolean gathering = true;
  private boolean cancelled;

  /**
   * @param conversation with all agents
   */
  FlowRun(
      FlowQuestion question,
      Agents agents,
      Conversation conversation,
      Counters counters,
      Consumer<FlowNews> news) {
    this.question = question;
    this.agents = agents;
    this.conversation = conversation;
    this.counters = counters;
    this.news = news;
    this.newest = new Newest(question.last());
    this.otherEnds = new OtherEnds(question, counters);
  }

  /**
   * @param absent known nodes without an agent at the moment
   */
  void run(List<String> absent) throws InterruptedException {
    absent.forEach(node -> lost(node, 0, "its agent is not connected"));
    try {
      gather();
      while (question.follow() && !cancelled) {
        conversation.next(STEP_NANOS).ifPresent(this::hear);
        otherEnds.due(System.nanoTime()).forEach(this::show);
        tellOwnLosses();
      }
    } finally {
      living.forEach(node -> agents.send(node, endObserve()));
    }
  }

  private void gather() throws InterruptedException {
    conversation.gather(LAST_LIMIT, this::hear, () -> cancelled, awaited::isEmpty);
    gathering = false;
    awaited.forEach(otherEnds::isSilent);
    otherEnds.release().forEach(newest::offer);
    newest.take().forEach(this::show);
    early.forEach(this::showLive);
    early.clear();
    tellOwnLosses();
    awaited.stream()
        .sorted()
        .forEach(
            node -> lost(node, 0, "its agent did not answer within " + seconds(LAST_LIMIT) + " s"));
  }

  private static long seconds(Duration limit) {
    return limit.toSeconds();
  }

  private void hear(FromAgent heard) {
    switch (heard) {
      case FromAgent.Cancelled _, FromAgent.Enough _ -> cancelled = true;
      case FromAgent.Came came -> ask(came.node());
      case FromAgent.Gone gone -> {
        if (living.remove(gone.node())) {
          otherEnds.isSilent(gone.node());
          awaited.remove(gone.node());
          lost(gone.node(), 0, "its agent went away");
        }
      }
      case FromAgent.Said said -> understand(said.node(), said.message());
    }
  }

  private void ask(String node) {
    if (!gathering && !question.follow()) {
      return;
    }
    droppedByAgent.remove(node);
    if (agents.send(node, observe(gathering ? question.lastOfEach() : 0))) {
      living.add(node);
      otherEnds.reports(node);
      if (gathering && question.last() > 0) {
        awaited.add(node);
      }
    } else {
      lost(node, 0, "its agent does not read its commands");
    }
  }

  private void understand(String node, AgentMessage message) {
    switch (message.getMessageCase()) {
      case FLOWS_SEEN -> flows(node, message.getFlowsSeen());
      case FAILED -> {
        awaited.remove(node);
        otherEnds.isSilent(node);
        lost(node, 0, message.getFailed().getError());
      }
      case REGISTER,
          INVENTORY,
          ARMED,
          HOP_SEEN,
          PROBED,
          FINISHED,
          PAIRS,
          PACKETS,
          ANSWER,
          MESSAGE_NOT_SET ->
          counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
    }
  }

  private void flows(String node, FlowsSeen seen) {
    otherEnds.reports(node);
    int unreadable = 0;
    for (io.podhop.v1.Flow message : seen.getFlowsList()) {
      try {
        take(node, FlowCodec.decode(message));
      } catch (IllegalArgumentException e) {
        unreadable++;
      }
    }
    if (unreadable > 0) {
      counters.add(CollectorCounter.AGENT_MESSAGES_MALFORMED, unreadable);
      lost(node, unreadable, "they cannot be read: has its agent another version?");
    }
    long dropped = seen.getDropped() - droppedByAgent.getOrDefault(node, 0L);
    if (dropped > 0) {
      droppedByAgent.put(node, seen.getDropped());
      counters.add(CollectorCounter.FLOWS_LOST_BY_AGENTS, dropped);
      lost(node, dropped, "its agent had no room to send them");
    }
    if (seen.getEndOfLast()) {
      awaited.remove(node);
    }
  }

  private void take(String node, Flow flow) {
    if (!gathering) {
      showLive(flow);
    } else if (awaited.contains(node)) {
      if (!otherEnds.holdsForAll(flow)) {
        newest.offer(flow);
      }
    } else if (early.size() < MAX_EARLY) {
      early.add(flow);
    } else {
      counters.increment(CollectorCounter.FLOWS_NOT_SHOWN);
      lost(node, 1, "too many came while the other nodes were waited for");
    }
  }

  private void showLive(Flow flow) {
    if (!otherEnds.holds(flow, System.nanoTime())) {
      show(flow);
    }
  }

  private void show(Flow flow) {
    counters.increment(CollectorCounter.FLOWS_SHOWN);
    news.accept(new FlowNews.Seen(flow));
  }

  private void tellOwnLosses() {
    conversation
        .takeLost()
        .forEach((node, count) -> lost(node, count, "they came faster than they were read"));
  }

  private void lost(String node, long count, String reason) {
    news.accept(new FlowNews.Lost(node, count, reason));
  }

  private CollectorMessage observe(int last) {
    return CollectorMessage.newBuilder()
        .setObserve(
            Observe.newBuilder()
                .setRequestId(conversation.requestId())
                .setFilter(FlowCodec.encode(question.filter()))
                .setLast(last)
                .setFollow(question.follow()))
        .build();
  }

  private CollectorMessage endObserve() {
    return CollectorMessage.newBuilder()
        .setEndObserve(EndObserve.newBuilder().setRequestId(conversation.requestId()))
        .build();
  }
}
