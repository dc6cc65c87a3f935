package io.podhop.agent.flow;

import io.podhop.agent.decode.Tunnel;
import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import io.podhop.model.Rtt;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes records of slots. */
final class FlowRecords {
  private static final Direction[] DIRECTIONS = Direction.values();
  private static final Tunnel[] TUNNELS = Tunnel.values();

  private final FlowSlots slots;
  private final Kinds kinds;
  private final Half half = new Half();

  FlowRecords(FlowSlots slots, Kinds kinds) {
    this.slots = slots;
    this.kinds = kinds;
  }

  FlowRecord of(Slot slot) {
    FlowKey key = key(slot);
    @Nullable SideNotes notes = slots.notes(slot.number);
    return new FlowRecord(
        slot.point(),
        key,
        key.protocol().isIcmp() ? slot.discriminator() - 1 : -1,
        slot.firstNs(),
        slot.lastNs(),
        slot.end(),
        traffic(slot, Direction.REQUEST),
        traffic(slot, Direction.REPLY),
        ttl(slot, Direction.REQUEST),
        ttl(slot, Direction.REPLY),
        key.protocol() == Protocol.TCP ? Optional.of(tcp(slot)) : Optional.empty(),
        dns(slot, key, notes),
        notes == null ? Optional.empty() : Optional.ofNullable(notes.firstError()),
        tunnel(slot),
        notes == null ? 0 : notes.quicConnectionId,
        kindsSeen(slot, key, notes));
  }

  private static String tunnel(Slot slot) {
    return switch (TUNNELS[slot.tunnel()]) {
      case NONE -> "";
      case VXLAN -> "vxlan";
      case IP_IN_IP -> "ip-in-ip";
    };
  }

  private static FlowKey key(Slot slot) {
    Protocol protocol =
        Protocol.ofNumber(slot.protocol())
            .orElseThrow(() -> new IllegalStateException("protocol " + slot.protocol()));
    return new FlowKey(
        protocol,
        new IpAddress(slot.clientHigh(), slot.clientLow()),
        slot.clientPort(),
        new IpAddress(slot.serverHigh(), slot.serverLow()),
        slot.serverPort());
  }

  private static Optional<DnsExchange> dns(Slot slot, FlowKey key, @Nullable SideNotes notes) {
    if (notes != null && notes.dns != null) {
      return Optional.of(notes.dns.exchange());
    }
    // Known by an ICMP error alone, which quotes the id and not the question.
    return key.protocol() == Protocol.UDP && slot.discriminator() != 0
        ? Optional.of(new DnsExchange(slot.discriminator() - 1, "", -1, 0, -1, -1, 0))
        : Optional.empty();
  }

  private Traffic traffic(Slot slot, Direction direction) {
    half.at(slot, direction);
    return half.packets() == 0
        ? Traffic.NONE
        : new Traffic(half.packets(), half.bytes(), half.payloadBytes());
  }

  private TtlRange ttl(Slot slot, Direction direction) {
    half.at(slot, direction);
    return half.packets() == 0 ? TtlRange.NONE : new TtlRange(half.minTtl(), half.maxTtl());
  }

  private TcpQuality tcp(Slot slot) {
    half.at(slot, Direction.REQUEST);
    long clientIsn = half.has(Half.ISN) ? half.isn() & 0xffff_ffffL : -1;
    return new TcpQuality(
        clientIsn,
        slot.has(Slot.SYN_SEEN),
        kinds
            .between(slot, Direction.REQUEST, PacketKind.SYN, Direction.REPLY, PacketKind.SYN_ACK)
            .orElse(-1L),
        handshakeAckNs(slot),
        firstByteNs(slot),
        half(slot, Direction.REQUEST),
        half(slot, Direction.REPLY),
        direction(slot.closedBy()),
        direction(slot.resetBy()));
  }

  /** The client's acknowledgment may come with its first data. */
  private long handshakeAckNs(Slot slot) {
    return kinds
        .between(slot, Direction.REPLY, PacketKind.SYN_ACK, Direction.REQUEST, PacketKind.ACK)
        .or(
            () ->
                kinds.between(
                    slot, Direction.REPLY, PacketKind.SYN_ACK, Direction.REQUEST, PacketKind.DATA))
        .orElse(-1L);
  }

  private long firstByteNs(Slot slot) {
    for (Direction direction : DIRECTIONS) {
      half.at(slot, direction);
      if (!half.has(Half.FIRST_BYTE)) {
        return -1;
      }
    }
    return kinds
        .between(slot, Direction.REQUEST, PacketKind.DATA, Direction.REPLY, PacketKind.DATA)
        .orElse(-1L);
  }

  private TcpHalf half(Slot slot, Direction direction) {
    half.at(slot, direction);
    boolean syn = half.has(Half.SYN);
    return new TcpHalf(
        half.mss() == 0 ? -1 : half.mss(),
        syn ? half.windowScale() : -1,
        half.maxWindow(),
        half.counter(Half.FAST),
        half.counter(Half.TIMEOUTS),
        half.counter(Half.DUPLICATE_ACKS),
        half.counter(Half.OUT_OF_ORDER),
        half.zeroWindows(),
        half.unseenBytes(),
        half.rttCount() == 0
            ? Rtt.NONE
            : new Rtt(half.rttCount(), half.rttLeast(), half.rttMean(), half.rttGreatest()));
  }

  private static Optional<Direction> direction(int ordinal) {
    return ordinal < 0 ? Optional.empty() : Optional.of(DIRECTIONS[ordinal]);
  }

  private List<KindSeen> kindsSeen(Slot slot, FlowKey key, @Nullable SideNotes notes) {
    List<KindSeen> seen = new ArrayList<>();
    FlowKey reversed = key.reversed();
    for (Direction direction : DIRECTIONS) {
      FlowKey tuple = direction == Direction.REQUEST ? key : reversed;
      for (PacketKind kind : Kinds.of(key.protocol())) {
        int copies = kinds.copies(slot, direction, kind);
        if (copies > 0) {
          @Nullable IcmpErrorSeen error = notes == null ? null : notes.error(direction);
          boolean ofError = kind == PacketKind.ICMP_ERROR && error != null;
          seen.add(
              new KindSeen(
                  direction,
                  kind,
                  ofError ? errorTuple(tuple, error) : tuple,
                  slot.firstNs() + kinds.deltaNs(slot, direction, kind),
                  copies));
        }
      }
    }
    seen.sort(Comparator.comparingLong(KindSeen::firstNs));
    return seen;
  }

  private static FlowKey errorTuple(FlowKey tuple, @Nullable IcmpErrorSeen error) {
    if (error == null) {
      return tuple;
    }
    Protocol protocol = tuple.destination().isIpv4() ? Protocol.ICMP : Protocol.ICMPV6;
    return new FlowKey(protocol, error.sender(), 0, tuple.destination(), 0);
  }
}
