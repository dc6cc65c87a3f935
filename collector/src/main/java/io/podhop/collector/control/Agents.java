package io.podhop.collector.control;

import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.model.PeerNode;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The living agents by node, and the conversations that are held with them. Thread-safe. */
public final class Agents {
  private final Counters counters;
  private final Map<String, AgentStream> streams = new ConcurrentHashMap<>();
  private final Map<String, Conversation> conversations = new ConcurrentHashMap<>();

  /** What agents are told of each node; changes under {@link #arrivals} only. */
  private final Map<String, CollectorMessage> peers = new ConcurrentHashMap<>();

  /** Nobody comes or goes while a conversation with all is opened: each is heard of once. */
  private final Object arrivals = new Object();

  private final AtomicLong lastRequest = new AtomicLong();

  public Agents(Counters counters) {
    this.counters = counters;
  }

  /** Opens a conversation; it must be closed. */
  public Conversation converse() {
    return converse(false);
  }

  /**
   * Opens a conversation that hears {@link FromAgent.Came} of every agent that can be asked: at
   * once of those that are there, later of those that come. It must be closed.
   */
  public Conversation converseWithAll() {
    synchronized (arrivals) {
      Conversation conversation = converse(true);
      streams.keySet().stream()
          .sorted()
          .forEach(node -> conversation.hear(new FromAgent.Came(node)));
      return conversation;
    }
  }

  private Conversation converse(boolean hearsOfAll) {
    String requestId = "r" + lastRequest.incrementAndGet();
    Conversation conversation = new Conversation(requestId, hearsOfAll, this, counters);
    conversations.put(requestId, conversation);
    return conversation;
  }

  /** Sends a command; false when the node has no agent, or one that does not read. */
  public boolean send(String node, CollectorMessage message) {
    AgentStream stream = streams.get(node);
    return stream != null && stream.send(message);
  }

  /** Whether the node has an agent that counts what begins there. */
  boolean countsFlows(String node) {
    AgentStream stream = streams.get(node);
    return stream != null && stream.countsFlows();
  }

  /** Has every agent told of nodes that changed, and those that come later of all. */
  void tell(Map<String, CollectorMessage> changed, Set<String> forgotten) {
    synchronized (arrivals) {
      forgotten.forEach(peers::remove);
      changed.forEach(
          (node, message) -> {
            if (!message.equals(peers.put(node, message))) {
              streams.values().forEach(stream -> stream.owe(Set.of(node)));
            }
          });
      streams.values().forEach(stream -> stream.owe(forgotten));
    }
  }

  /** Who is on a node, as its peers should know it. */
  CollectorMessage peersOf(String node) {
    CollectorMessage known = peers.get(node);
    return known == null ? PeerNews.message(PeerNode.forgotten(node)) : known;
  }

  void forget(Conversation conversation) {
    conversations.remove(conversation.requestId());
  }

  void arrived(String node, AgentStream stream) {
    synchronized (arrivals) {
      stream.owe(peers.keySet());
      streams.put(node, stream);
      conversations.values().stream()
          .filter(Conversation::hearsOfAll)
          .forEach(c -> c.hear(new FromAgent.Came(node)));
    }
  }

  void left(String node, AgentStream stream) {
    synchronized (arrivals) {
      if (streams.remove(node, stream)) {
        conversations.values().forEach(c -> c.hear(new FromAgent.Gone(node)));
      }
    }
  }

  void said(String node, String requestId, AgentMessage message) {
    Conversation conversation = conversations.get(requestId);
    if (conversation == null) {
      counters.increment(CollectorCounter.AGENT_MESSAGES_STALE);
    } else {
      conversation.hear(new FromAgent.Said(node, message));
    }
  }
}
