package io.podhop.agent.correlate;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.model.FlowKey;
import io.podhop.model.Identity;
import io.podhop.model.Role;
import io.podhop.model.TraceIds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

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
    List<Conversation> conversations = new ArrayList<>(1);
    while (!left.isEmpty()) {
      FlowRecord first = left.getFirst();
      Optional<ConntrackEntry> entry = conntrack.apply(first.key());
      FlowKey after = entry.isPresent() ? entry.get().translated() : first.key();
      List<FlowRecord> members = takeMembers(left, first, after);
      conversations.add(
          new Conversation(first.key(), observedAfter(first, after, members), entry, members));
    }
    return List.copyOf(conversations);
  }

  /**
   * The id of its trace, which the other node derives as well.
   *
   * @param roles of points by their number
   * @param sourceHere whether the pod that the request comes from is one of this node's
   * @param destinationHere the same of the pod that it goes to
   */
  public String traceId(IntFunction<Role> roles, boolean sourceHere, boolean destinationHere) {
    FlowKey wire = wire(roles, sourceHere, destinationHere);
    return switch (identity()) {
      case TCP_ISN -> TraceIds.ofTcp(wire, first().clientIsn());
      case DNS ->
          first()
              .dns()
              .map(question -> TraceIds.ofDns(wire, question.id(), question.hash()))
              .orElseThrow();
      case ICMP_ECHO -> TraceIds.ofEcho(wire, first().echoSequence());
      case QUIC_DCID, TUPLE -> TraceIds.ofTuple(wire, firstNs(first()));
    };
  }

  /** What its trace id is made of, besides the tuple. */
  Identity identity() {
    return switch (before.protocol()) {
      case TCP -> first().clientIsn() >= 0 ? Identity.TCP_ISN : Identity.TUPLE;
      case UDP -> first().dns().isPresent() ? Identity.DNS : Identity.TUPLE;
      case ICMP, ICMPV6 -> Identity.ICMP_ECHO;
    };
  }

  /** The tuple between the nodes; on one node, the tuple at the receiving veth. */
  FlowKey wire(IntFunction<Role> roles, boolean sourceHere, boolean destinationHere) {
    Role between = sourceHere && destinationHere ? Role.HOST_VETH : Role.ENI;
    FlowKey wire = sourceHere ? after : before;
    for (FlowRecord record : records) {
      wire = roles.apply(record.pointIndex()) == between ? record.key() : wire;
    }
    return wire;
  }

  FlowRecord first() {
    return records.getFirst();
  }

  private static List<FlowRecord> takeMembers(
      List<FlowRecord> left, FlowRecord first, FlowKey after) {
    List<FlowRecord> members = new ArrayList<>(left.size());
    Iterator<FlowRecord> each = left.iterator();
    while (each.hasNext()) {
      FlowRecord record = each.next();
      if (belongs(record, first, after)) {
        members.add(record);
        each.remove();
      }
    }
    return members;
  }

  /** Epoch nanoseconds of the first packet that the record holds. */
  static long firstNs(FlowRecord record) {
    return record.kinds().isEmpty() ? Long.MAX_VALUE : record.kinds().getFirst().firstNs();
  }

  private static boolean belongs(FlowRecord record, FlowRecord first, FlowKey after) {
    long isn = record.clientIsn();
    long firstIsn = first.clientIsn();
    if (isn >= 0 && firstIsn >= 0) {
      return isn == firstIsn;
    }
    return record.key().equals(first.key()) || record.key().equals(after);
  }

  /** Without conntrack's word, the last tuple that a packet with the same ISN was seen under. */
  private static FlowKey observedAfter(FlowRecord first, FlowKey after, List<FlowRecord> members) {
    if (!after.equals(first.key())) {
      return after;
    }
    FlowKey observed = after;
    for (FlowRecord member : members) {
      observed = member.key().equals(first.key()) ? observed : member.key();
    }
    return observed;
  }
}
