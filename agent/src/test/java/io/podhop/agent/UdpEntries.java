package io.podhop.agent;

import static io.podhop.agent.correlate.NodeFixture.API;
import static io.podhop.agent.correlate.NodeFixture.API_POD;
import static io.podhop.agent.correlate.NodeFixture.FAR;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.IcmpErrorSeen;
import io.podhop.agent.flow.KindSeen;
import io.podhop.agent.flow.TtlRange;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.ConntrackEntry.Accounting;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import io.podhop.model.Traffic;
import java.util.List;
import java.util.Optional;

/** UDP as conntrack has it. */
final class UdpEntries {
  private UdpEntries() {}

  static FlowKey udp(IpAddress source, int port, IpAddress destination, int to) {
    return new FlowKey(Protocol.UDP, source, port, destination, to);
  }

  static ConntrackEntry entry(FlowKey key, long requests, long replies) {
    return entry(key, key.reversed(), new Accounting(requests, requests * 100, replies, 0));
  }

  static ConntrackEntry entry(FlowKey original, FlowKey reply, Accounting count) {
    return entry(original, reply, count.replyPackets() > 0, 29, Optional.of(count));
  }

  static ConntrackEntry entry(
      FlowKey original,
      FlowKey reply,
      boolean replied,
      long timeoutSeconds,
      Optional<Accounting> count) {
    return new ConntrackEntry(
        original,
        reply,
        0,
        false,
        replied,
        timeoutSeconds,
        Optional.empty(),
        Optional.empty(),
        count,
        1);
  }

  /** What the captures tell of a connection of which they saw an ICMP error alone. */
  static FlowEvent refusal(FlowKey key, Direction direction, IcmpErrorSeen error, long atNs) {
    FlowKey tuple = new FlowKey(Protocol.ICMP, FAR, 0, API, 0);
    FlowRecord record =
        new FlowRecord(
            0,
            key,
            -1,
            atNs,
            atNs,
            Flow.End.IDLE,
            Traffic.NONE,
            Traffic.NONE,
            TtlRange.NONE,
            TtlRange.NONE,
            Optional.empty(),
            Optional.empty(),
            Optional.of(error),
            "",
            0,
            List.of(new KindSeen(direction, PacketKind.ICMP_ERROR, tuple, atNs, 1)));
    return new FlowEvent.Ended(record, API_POD, "edges", false);
  }
}
