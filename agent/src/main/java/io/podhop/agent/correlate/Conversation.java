package io.podhop.agent.correlate;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.model.FlowKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One connection as this node's points saw it: records under different tuples, joined because
 * conntrack says that one tuple became the other, or because they carry the same initial sequence
 * number.
 *
 * @param before the tuple before this node's NAT, in request direction
 * @param after the tuple after it; equal to {@code before} when nothing was rewritten
 */
public record Conversation(
    FlowKey before, FlowKey after, Optional<ConntrackEntry> conntrack, List<FlowRecord> records) {
  public Conversation {
    records = List.copyOf(records);
  }

  /**
   * Joins records to conversations, earliest first.
   *
   * @param conntrack looks a tuple up as the original direction of an entry
   */
  public static List<Conversation> join(
      List<FlowRecord> records, Function<FlowKey, Optional<ConntrackEntry>> conntrack) {
    List<FlowRecord> left = new ArrayList<>(records);
    left.sort(Comparator.comparingLong(Conversation::firstNs));
    List<Conversation> conversations = new ArrayList<>();
    while (!left.isEmpty()) {
      FlowRecord first = left.getFirst();
      Optional<ConntrackEntry> entry = conntrack.apply(first.key());
      FlowKey after = entry.map(ConntrackEntry::translated).orElse(first.key());
      List<FlowRecord> members =
          left.stream().filter(record -> belongs(record, first, after)).toList();
      left.removeAll(members);
      conversations.add(
          new Conversation(first.key(), observedAfter(first, after, members), entry, members));
    }
    return List.copyOf(conversations);
  }

  /** Epoch nanoseconds of the first packet that the record holds. */
  static long firstNs(FlowRecord record) {
    return record.kinds().isEmpty() ? Long.MAX_VALUE : record.kinds().getFirst().firstNs();
  }

  private static boolean belongs(FlowRecord record, FlowRecord first, FlowKey after) {
    if (record.clientIsn() >= 0 && first.clientIsn() >= 0) {
      return record.clientIsn() == first.clientIsn();
    }
    return record.key().equals(first.key()) || record.key().equals(after);
  }

  /** Without conntrack's word, the last tuple that a packet with the same ISN was seen under. */
  private static FlowKey observedAfter(FlowRecord first, FlowKey after, List<FlowRecord> members) {
    if (!after.equals(first.key())) {
      return after;
    }
    return members.stream()
        .map(FlowRecord::key)
        .filter(key -> !key.equals(first.key()))
        .reduce((_, last) -> last)
        .orElse(after);
  }
}
