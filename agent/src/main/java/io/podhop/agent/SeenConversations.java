package io.podhop.agent;

import io.podhop.agent.correlate.Conversation;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.nat.Conntrack;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.ConntrackException;
import io.podhop.model.FlowKey;
import java.util.List;
import java.util.Optional;

/** Joins a trace's records to conversations by conntrack's word. */
final class SeenConversations {
  private SeenConversations() {}

  /**
   * Without conntrack the records are joined by what they show themselves, and the notes say so.
   */
  static List<Conversation> join(List<FlowRecord> records, List<String> notes) {
    try (Conntrack conntrack = Conntrack.open()) {
      return Conversation.join(records, key -> translation(conntrack, key, notes));
    } catch (ConntrackException e) {
      notes.add(noConntrack(e));
      return Conversation.join(records, _ -> Optional.empty());
    }
  }

  private static Optional<ConntrackEntry> translation(
      Conntrack conntrack, FlowKey key, List<String> notes) {
    try {
      return conntrack.find(key).filter(entry -> entry.original().equals(key));
    } catch (ConntrackException e) {
      if (!notes.contains(noConntrack(e))) {
        notes.add(noConntrack(e));
      }
      return Optional.empty();
    }
  }

  private static String noConntrack(ConntrackException e) {
    return "no conntrack evidence: " + e.getMessage();
  }
}
