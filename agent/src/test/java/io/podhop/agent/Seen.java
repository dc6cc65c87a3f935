package io.podhop.agent;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.KindSeen;
import io.podhop.agent.flow.TtlRange;
import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Records as the capture hands them over. */
record Seen(FlowKey key, List<KindSeen> kinds, long packets, Optional<DnsExchange> dns, long isn) {
  static final long START_NS = 1_000_000_000L;

  /** A whole handshake and so many packets each way. */
  static Seen tcp(FlowKey key, long isn, long packets) {
    List<KindSeen> kinds = new ArrayList<>();
    kinds.add(kind(key, Direction.REQUEST, PacketKind.SYN, 1));
    kinds.add(kind(key, Direction.REPLY, PacketKind.SYN_ACK, 2));
    kinds.add(kind(key, Direction.REQUEST, PacketKind.ACK, 3));
    return new Seen(key, kinds, packets, Optional.empty(), isn);
  }

  static Seen unansweredTcp(FlowKey key, long isn) {
    List<KindSeen> kinds = List.of(kind(key, Direction.REQUEST, PacketKind.SYN, 1));
    return new Seen(key, kinds, 0, Optional.empty(), isn);
  }

  static Seen udp(FlowKey key, Optional<DnsExchange> dns) {
    List<KindSeen> kinds =
        List.of(
            kind(key, Direction.REQUEST, PacketKind.DATAGRAM, 1),
            kind(key, Direction.REPLY, PacketKind.DATAGRAM, 2));
    return new Seen(key, kinds, 1, dns, -1);
  }

  private static KindSeen kind(FlowKey key, Direction way, PacketKind kind, int at) {
    FlowKey tuple = way == Direction.REQUEST ? key : key.reversed();
    return new KindSeen(way, kind, tuple, START_NS + at * 1_000_000L, 1);
  }

  FlowEvent.Ended at(ObservationPoint point) {
    return new FlowEvent.Ended(record(Flow.End.CLOSED), point, "headers", false);
  }

  FlowEvent.Ended intervalAt(ObservationPoint point) {
    return new FlowEvent.Ended(record(Flow.End.OPEN), point, "headers", true);
  }

  private FlowRecord record(Flow.End end) {
    return new FlowRecord(
        0,
        key,
        -1,
        kinds.getFirst().firstNs(),
        kinds.getLast().firstNs(),
        end,
        new Traffic(Math.max(1, packets), packets * 100, 0),
        new Traffic(packets, packets * 100, 0),
        new TtlRange(64, 64),
        new TtlRange(64, 64),
        key.protocol() == Protocol.TCP ? Optional.of(quality()) : Optional.empty(),
        dns,
        Optional.empty(),
        "",
        0,
        kinds);
  }

  private TcpQuality quality() {
    return new TcpQuality(
        isn,
        true,
        packets > 0 ? 1_000_000 : -1,
        -1,
        -1,
        TcpHalf.UNKNOWN,
        TcpHalf.UNKNOWN,
        Optional.empty(),
        Optional.empty());
  }
}
