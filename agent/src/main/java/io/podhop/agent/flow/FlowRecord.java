package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.PacketKind;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import java.util.List;
import java.util.Optional;

/**
 * One connection as one observation point saw it.
 *
 * @param pointIndex the caller's number of the point
 * @param key in request direction, as the packets had it at this point
 * @param echoSequence sequence of the ICMP echo; -1 when it is none
 * @param firstNs epoch nanoseconds of the first packet
 * @param lastNs epoch nanoseconds of the latest packet
 * @param end how it ended; OPEN while it has not
 * @param tunnel what it came in: {@code vxlan}, {@code ip-in-ip}, or empty for nothing
 * @param quicConnectionId hash of the destination connection id of the client's first Initial,
 *     equal on every node; 0 when none was seen
 * @param kinds in order of their first packet
 */
public record FlowRecord(
    int pointIndex,
    FlowKey key,
    int echoSequence,
    long firstNs,
    long lastNs,
    Flow.End end,
    Traffic request,
    Traffic reply,
    TtlRange requestTtl,
    TtlRange replyTtl,
    Optional<TcpQuality> tcp,
    Optional<DnsExchange> dns,
    Optional<IcmpErrorSeen> icmpError,
    String tunnel,
    long quicConnectionId,
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

  /** Unsigned, from the SYN or from its SYN-ACK's acknowledgment; -1 when unknown or not TCP. */
  public long clientIsn() {
    return tcp.map(TcpQuality::clientIsn).orElse(-1L);
  }

  /** Whether the SYN itself passed here. */
  public boolean synSeen() {
    return tcp.map(TcpQuality::synSeen).orElse(false);
  }

  /** Who sent the first RST: REQUEST is the client. */
  public Optional<Direction> resetBy() {
    return tcp.flatMap(TcpQuality::resetBy);
  }
}
