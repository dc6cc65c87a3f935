package io.podhop.agent.judge;

import io.podhop.agent.flow.IcmpErrorSeen;
import io.podhop.agent.flow.KindSeen;
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
 * One connection as one point saw it: what is judged, counted and shown of a flow record.
 *
 * @param key in request direction, as the packets had it at this point
 * @param firstNs epoch nanoseconds of the first packet here; the same in every record of it
 * @param lastNs epoch nanoseconds of the last packet here
 * @param request totals since the first packet, not since the last record
 * @param tunnel as {@link Flow#tunnel}
 * @param kinds in order of their first packet
 */
public record SeenFlow(
    FlowKey key,
    Flow.End end,
    long firstNs,
    long lastNs,
    Traffic request,
    Traffic reply,
    Optional<TcpQuality> tcp,
    Optional<DnsExchange> dns,
    Optional<IcmpErrorSeen> icmpError,
    String tunnel,
    List<KindSeen> kinds) {
  public SeenFlow {
    kinds = List.copyOf(kinds);
  }

  boolean saw(Direction direction, PacketKind kind) {
    return copies(direction, kind) > 0;
  }

  int copies(Direction direction, PacketKind kind) {
    for (KindSeen seen : kinds) {
      if (seen.direction() == direction && seen.kind() == kind) {
        return seen.copies();
      }
    }
    return 0;
  }

  long packets() {
    return request.packets() + reply.packets();
  }
}
