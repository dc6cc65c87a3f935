package io.podhop.collector.explain;

import io.podhop.collector.control.Agents;
import io.podhop.collector.control.Conversation;
import io.podhop.collector.control.FromAgent;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.NodeQuestion;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Asks living agents over their streams. */
public final class AgentQuestions implements NodeQuestions {
  /** For an agent to read its node, and for the way there and back. */
  static final Duration LIMIT = Duration.ofSeconds(3);

  private final Agents agents;
  private final Counters counters;

  public AgentQuestions(Agents agents, Counters counters) {
    this.agents = agents;
    this.counters = counters;
  }

  @Override
  public Map<String, Answer> ask(Map<String, NodeQuestion> questions) throws InterruptedException {
    try (Conversation conversation = agents.converse()) {
      Round round = new Round(conversation);
      questions.forEach(round::ask);
      conversation.gather(LIMIT, round::hear, () -> false, round.awaited::isEmpty);
      return round.answers();
    }
  }

  /** One question to each of some nodes. */
  private final class Round {
    private final Conversation conversation;
    private final Map<String, Answer> answers = new LinkedHashMap<>();
    private final Set<String> awaited = new HashSet<>();

    Round(Conversation conversation) {
      this.conversation = conversation;
    }

    void ask(String node, NodeQuestion question) {
      NodeQuestion named = question.toBuilder().setRequestId(conversation.requestId()).build();
      if (agents.send(node, CollectorMessage.newBuilder().setQuestion(named).build())) {
        awaited.add(node);
      } else {
        answers.put(node, new Silent("its agent is not connected"));
      }
    }

    void hear(FromAgent heard) {
      switch (heard) {
        case FromAgent.Said said -> hear(said.node(), said.message());
        case FromAgent.Gone gone -> settle(gone.node(), new Silent("its agent's stream ended"));
        case FromAgent.Came _, FromAgent.Enough _, FromAgent.Cancelled _ -> {}
      }
    }

    private void hear(String node, AgentMessage message) {
      if (message.hasAnswer()) {
        settle(node, new Said(message.getAnswer()));
      } else if (message.hasFailed()) {
        settle(node, new Silent(message.getFailed().getError()));
      } else {
        counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
      }
    }

    private void settle(String node, Answer answer) {
      if (awaited.remove(node)) {
        answers.put(node, answer);
      }
    }

    Map<String, Answer> answers() {
      awaited.forEach(
          node ->
              answers.put(
                  node, new Silent("its agent did not answer within " + LIMIT.toSeconds() + " s")));
      return answers;
    }
  }
}
