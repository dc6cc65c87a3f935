package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes records of slots. */
final class FlowRecords {
  private final FlowIndex index;
  private final FlowColumns columns;
  private final KindColumns kinds;

  FlowRecords(FlowIndex index, FlowColumns columns, KindColumns kinds) {
    this.index = index;
    this.columns = columns;
    this.kinds = kinds;
  }

  FlowRecord of(int slot) {
    FlowKey key = key(slot);
    boolean echo = key.protocol().isIcmp();
    return new FlowRecord(
        index.point(slot),
        key,
        columns.clientIsn[slot],
        columns.synSeen[slot],
        echo ? index.discriminator(slot) - 1 : -1,
        dns(slot, key),
        traffic(slot, Direction.REQUEST),
        traffic(slot, Direction.REPLY),
        resetBy(slot),
        icmpError(slot),
        kindsSeen(slot, key));
  }

  private FlowKey key(int slot) {
    int number = index.protocol(slot);
    Protocol protocol =
        Protocol.ofNumber(number)
            .orElseThrow(() -> new IllegalStateException("protocol " + number + " in the table"));
    return new FlowKey(
        protocol,
        new IpAddress(index.clientHigh(slot), index.clientLow(slot)),
        index.clientPort(slot),
        new IpAddress(index.serverHigh(slot), index.serverLow(slot)),
        index.serverPort(slot));
  }

  private Optional<DnsQuestion> dns(int slot, FlowKey key) {
    if (key.protocol() != Protocol.UDP || index.discriminator(slot) == 0) {
      return Optional.empty();
    }
    @Nullable String name = columns.questionName[slot];
    return Optional.of(
        new DnsQuestion(
            index.discriminator(slot) - 1,
            name == null ? "" : name,
            columns.questionType[slot],
            columns.questionHash[slot],
            columns.rcode[slot]));
  }

  private Traffic traffic(int slot, Direction direction) {
    int cell = FlowColumns.cell(slot, direction);
    return new Traffic(columns.packets[cell], columns.payloadBytes[cell], columns.mss[cell]);
  }

  private Optional<Direction> resetBy(int slot) {
    int by = columns.resetBy[slot];
    return by < 0 ? Optional.empty() : Optional.of(Direction.values()[by]);
  }

  private Optional<IcmpErrorSeen> icmpError(int slot) {
    int reply = KindColumns.cell(slot, Direction.REPLY, PacketKind.ICMP_ERROR);
    int request = KindColumns.cell(slot, Direction.REQUEST, PacketKind.ICMP_ERROR);
    if (kinds.copies(reply) + kinds.copies(request) == 0) {
      return Optional.empty();
    }
    boolean toClient =
        kinds.copies(request) == 0
            || kinds.copies(reply) > 0 && kinds.firstNs(reply) <= kinds.firstNs(request);
    int cell = FlowColumns.cell(slot, toClient ? Direction.REPLY : Direction.REQUEST);
    int typeAndCode = columns.errorTypeAndCode[cell];
    return Optional.of(
        new IcmpErrorSeen(
            errorSender(cell), typeAndCode >>> 8, typeAndCode & 0xff, columns.errorMtu[cell]));
  }

  private IpAddress errorSender(int cell) {
    return new IpAddress(columns.errorSenderHigh[cell], columns.errorSenderLow[cell]);
  }

  private List<KindSeen> kindsSeen(int slot, FlowKey key) {
    List<KindSeen> seen = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      for (PacketKind kind : PacketKind.values()) {
        int cell = KindColumns.cell(slot, direction, kind);
        if (kinds.copies(cell) > 0) {
          seen.add(kindSeen(cell, direction, kind, tuple(slot, key, direction, kind)));
        }
      }
    }
    seen.sort(Comparator.comparingLong(KindSeen::firstNs));
    return seen;
  }

  private FlowKey tuple(int slot, FlowKey key, Direction direction, PacketKind kind) {
    FlowKey packet = direction == Direction.REQUEST ? key : key.reversed();
    if (kind != PacketKind.ICMP_ERROR) {
      return packet;
    }
    Protocol protocol = packet.destination().isIpv4() ? Protocol.ICMP : Protocol.ICMPV6;
    IpAddress sender = errorSender(FlowColumns.cell(slot, direction));
    return new FlowKey(protocol, sender, 0, packet.destination(), 0);
  }

  private KindSeen kindSeen(int cell, Direction direction, PacketKind kind, FlowKey tuple) {
    boolean tcp = tuple.protocol() == Protocol.TCP;
    return new KindSeen(
        direction,
        kind,
        tuple,
        kinds.firstNs(cell),
        kinds.copies(cell),
        tcp ? kinds.sequence(cell) : -1,
        tcp ? kinds.acknowledgment(cell) : -1,
        kinds.ipId(cell),
        kinds.ttl(cell),
        kinds.lengthBytes(cell));
  }
}
