package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.PacketKind;
import java.util.List;
import java.util.Optional;

/**
 * One connection as one observation point saw it.
 *
 * @param pointIndex the caller's number of the point
 * @param key in request direction, as the packets had it at this point
 * @param clientIsn unsigned, from the SYN or from its SYN-ACK's acknowledgment; -1 when unknown
 * @param synSeen whether the SYN itself passed here
 * @param echoSequence sequence of the ICMP echo; -1 when it is none
 * @param resetBy who sent the first RST: REQUEST is the client
 * @param kinds in order of their first packet
 */
public record FlowRecord(
    int pointIndex,
    FlowKey key,
    long clientIsn,
    boolean synSeen,
    int echoSequence,
    Optional<DnsQuestion> dns,
    Traffic request,
    Traffic reply,
    Optional<Direction> resetBy,
    Optional<IcmpErrorSeen> icmpError,
    List<KindSeen> kinds) {
  public FlowRecord {
    kinds = List.copyOf(kinds);
  }

  /** The first packet of this kind, if it passed. */
  public Optional<KindSeen> seen(Direction direction, PacketKind kind) {
    return kinds.stream()
        .filter(seen -> seen.direction() == direction && seen.kind() == kind)
        .findFirst();
  }
}
