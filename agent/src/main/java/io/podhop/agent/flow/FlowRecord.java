package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
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
 * @param firstNs epoch nanoseconds of the first packet; the same in every record of a connection
 * @param lastNs epoch nanoseconds of the latest packet
 * @param end how it ended; OPEN while it has not
 * @param request totals since the first packet, not since an earlier record; so is the reply
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
    for (KindSeen seen : kinds) {
      if (seen.direction() == direction && seen.kind() == kind) {
        return Optional.of(seen);
      }
    }
    return Optional.empty();
  }

  /** Whether a packet of this kind passed. */
  public boolean saw(Direction direction, PacketKind kind) {
    return copies(direction, kind) > 0;
  }

  /** How many packets of this kind passed, as {@link KindSeen#copies}. */
  public int copies(Direction direction, PacketKind kind) {
    for (KindSeen seen : kinds) {
      if (seen.direction() == direction && seen.kind() == kind) {
        return seen.copies();
      }
    }
    return 0;
  }

  /** Packets of both directions. */
  public long packets() {
    return request.packets() + reply.packets();
  }

  /**
   * Whether all that is known of it is conntrack's: a UDP connection of which packets were counted,
   * and none was captured, or its TTL would be known.
   */
  public boolean isTracked() {
    return key.protocol() == Protocol.UDP
        && packets() > 0
        && requestTtl.equals(TtlRange.NONE)
        && replyTtl.equals(TtlRange.NONE);
  }

  /** Unsigned, from the SYN or from its SYN-ACK's acknowledgment; -1 when unknown or not TCP. */
  public long clientIsn() {
    return tcp.isPresent() ? tcp.get().clientIsn() : -1;
  }

  /** Whether the SYN itself passed here. */
  public boolean synSeen() {
    return tcp.isPresent() && tcp.get().synSeen();
  }

  /** Who sent the first RST: REQUEST is the client. */
  public Optional<Direction> resetBy() {
    return tcp.flatMap(TcpQuality::resetBy);
  }

  /** The same record under another number of its point. */
  public FlowRecord at(int newPointIndex) {
    return copy(newPointIndex, request, reply);
  }

  /** The same record with traffic that somebody else counted. */
  public FlowRecord with(Traffic newRequest, Traffic newReply) {
    return copy(pointIndex, newRequest, newReply);
  }

  private FlowRecord copy(int newPointIndex, Traffic newRequest, Traffic newReply) {
    return new FlowRecord(
        newPointIndex,
        key,
        echoSequence,
        firstNs,
        lastNs,
        end,
        newRequest,
        newReply,
        requestTtl,
        replyTtl,
        tcp,
        dns,
        icmpError,
        tunnel,
        quicConnectionId,
        kinds);
  }
}
