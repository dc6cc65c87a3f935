package io.podhop.agent.flow;

import io.podhop.agent.decode.PacketView;
import io.podhop.model.Direction;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import java.util.ArrayList;
import java.util.List;

/**
 * The connections of a trace or a node, per observation point. One thread writes and reads; records
 * are values for anyone. Packets of known connections allocate nothing.
 *
 * <p>A TCP connection is a tuple and its client's ISN, so that a reused port begins a new one; a
 * DNS exchange is a tuple and an id; an ICMP echo is an identifier and a sequence; other UDP is its
 * tuple. The client is who sent the SYN or the first packet; of a TCP connection joined late, the
 * end with the higher port.
 */
public final class ConversationTable {
  private final FlowIndex index;
  private final FlowColumns columns;
  private final KindColumns kinds;
  private final FlowRecords records;
  private final FlowProbe probe = new FlowProbe();
  private final FirstSeen listener;
  private final long[] overflowed;
  private long unattributed;

  /**
   * @param maxPoints point indices are below this
   * @param maxFlows bound on connections times points; each costs about 700 bytes, taken at once
   */
  public ConversationTable(int maxPoints, int maxFlows, FirstSeen listener) {
    this.index = new FlowIndex(maxFlows);
    this.columns = new FlowColumns(maxFlows);
    this.kinds = new KindColumns(maxFlows);
    this.records = new FlowRecords(index, columns, kinds);
    this.listener = listener;
    this.overflowed = new long[maxPoints];
  }

  /** Takes in a packet that was decoded OK. */
  public void accept(int pointIndex, PacketView view, long timestampNs) {
    if (view.hasQuote()) {
      acceptError(pointIndex, view, timestampNs);
    } else if (!view.hasTransport() || view.icmpType() >= 0 && view.echoSequence() < 0) {
      unattributed++;
    } else {
      acceptPacket(pointIndex, view, timestampNs);
    }
  }

  /** All connections, in the order in which each was first seen at each point. */
  public List<FlowRecord> snapshot() {
    List<FlowRecord> all = new ArrayList<>(index.size());
    for (int slot = 0; slot < index.size(); slot++) {
      all.add(records.of(slot));
    }
    return List.copyOf(all);
  }

  /** One connection at one point, as {@link FirstSeen} names it. */
  public FlowRecord record(int slot) {
    if (slot < 0 || slot >= index.size()) {
      throw new IllegalArgumentException("no slot " + slot + " of " + index.size());
    }
    return records.of(slot);
  }

  public int size() {
    return index.size();
  }

  /** Packets at a point that found no room in the table. */
  public long overflowed(int pointIndex) {
    return overflowed[pointIndex];
  }

  /** Packets that belong to no connection: later fragments, other ICMP, unreadable quotes. */
  public long unattributed() {
    return unattributed;
  }

  /** Forgets all connections; counters stay. */
  public void clear() {
    index.clear();
  }

  private void acceptPacket(int pointIndex, PacketView view, long timestampNs) {
    probe.setPacket(pointIndex, view);
    int slot = index.find(probe);
    if (slot < 0 || beginsAnew(slot, view)) {
      slot = begin(isFromClient(view));
    }
    if (slot < 0) {
      return;
    }
    Direction direction = directionOf(slot);
    columns.count(slot, direction, view);
    if (view.tcpSequence() >= 0) {
      noteTcp(slot, direction, view, timestampNs);
    } else if (view.isEchoRequest()) {
      note(slot, direction, PacketKind.ECHO_REQUEST, view, timestampNs);
    } else if (view.icmpType() >= 0) {
      note(slot, direction, PacketKind.ECHO_REPLY, view, timestampNs);
    } else {
      if (view.hasDns()) {
        columns.noteDns(slot, view);
      }
      note(slot, direction, PacketKind.DATAGRAM, view, timestampNs);
    }
  }

  /** The error goes to the sender of what it quotes, hence against the quoted direction. */
  private void acceptError(int pointIndex, PacketView view, long timestampNs) {
    probe.setQuoted(pointIndex, view.quote());
    int slot = index.find(probe);
    if (slot < 0) {
      slot = begin(probe.looksLikeRequest());
    }
    if (slot < 0) {
      return;
    }
    Direction direction =
        directionOf(slot) == Direction.REQUEST ? Direction.REPLY : Direction.REQUEST;
    if (kinds.copies(KindColumns.cell(slot, direction, PacketKind.ICMP_ERROR)) == 0) {
      columns.noteError(slot, direction, view);
    }
    note(slot, direction, PacketKind.ICMP_ERROR, view, timestampNs);
  }

  private int begin(boolean clientIsSource) {
    int slot = index.add(probe, clientIsSource);
    if (slot < 0) {
      overflowed[probe.point]++;
      return slot;
    }
    columns.clear(slot);
    kinds.clear(slot);
    return slot;
  }

  private Direction directionOf(int slot) {
    return index.isFromClient(slot, probe) ? Direction.REQUEST : Direction.REPLY;
  }

  private boolean beginsAnew(int slot, PacketView view) {
    return isSyn(view)
        && (columns.clientIsn[slot] != view.tcpSequence() || !index.isFromClient(slot, probe));
  }

  private boolean isFromClient(PacketView view) {
    if (view.tcpSequence() >= 0) {
      return view.hasFlag(PacketView.SYN)
          ? !view.hasFlag(PacketView.ACK)
          : probe.looksLikeRequest();
    }
    if (view.icmpType() >= 0) {
      return view.isEchoRequest();
    }
    return !(view.hasDns() && view.dnsResponse());
  }

  private void noteTcp(int slot, Direction direction, PacketView view, long timestampNs) {
    if (isSyn(view)) {
      columns.clientIsn[slot] = view.tcpSequence();
      columns.synSeen[slot] = true;
      note(slot, direction, PacketKind.SYN, view, timestampNs);
    } else if (view.hasFlag(PacketView.SYN)) {
      noteSynAck(slot, direction, view, timestampNs);
    }
    if (view.payloadLength() > 0) {
      note(slot, direction, PacketKind.DATA, view, timestampNs);
    }
    if (view.hasFlag(PacketView.FIN)) {
      note(slot, direction, PacketKind.FIN, view, timestampNs);
    }
    if (view.hasFlag(PacketView.RST)) {
      columns.resetBy[slot] =
          columns.resetBy[slot] < 0 ? (byte) direction.ordinal() : columns.resetBy[slot];
      note(slot, direction, PacketKind.RST, view, timestampNs);
    }
    if (direction == Direction.REQUEST && completesHandshake(slot, view)) {
      note(slot, direction, PacketKind.ACK, view, timestampNs);
    }
  }

  /** A SYN-ACK acknowledges the client's ISN, also where the SYN itself took another way. */
  private void noteSynAck(int slot, Direction direction, PacketView view, long timestampNs) {
    if (columns.clientIsn[slot] == FlowColumns.UNKNOWN && direction == Direction.REPLY) {
      columns.clientIsn[slot] = view.tcpAcknowledgment() - 1 & 0xffff_ffffL;
    }
    note(slot, direction, PacketKind.SYN_ACK, view, timestampNs);
  }

  /** A pure acknowledgement right after the ISN; its copies acknowledge the same byte. */
  private boolean completesHandshake(int slot, PacketView view) {
    int special = PacketView.SYN | PacketView.FIN | PacketView.RST;
    if (!view.hasFlag(PacketView.ACK) || view.hasFlag(special) || view.payloadLength() > 0) {
      return false;
    }
    long isn = columns.clientIsn[slot];
    int first = KindColumns.cell(slot, Direction.REQUEST, PacketKind.ACK);
    return isn != FlowColumns.UNKNOWN
        && view.tcpSequence() == (isn + 1 & 0xffff_ffffL)
        && (kinds.copies(first) == 0 || kinds.acknowledgment(first) == view.tcpAcknowledgment());
  }

  private void note(
      int slot, Direction direction, PacketKind kind, PacketView view, long timestampNs) {
    if (kinds.note(KindColumns.cell(slot, direction, kind), view, timestampNs)) {
      listener.firstSeen(index.point(slot), slot, kind, direction, timestampNs);
    }
  }

  private static boolean isSyn(PacketView view) {
    return view.hasFlag(PacketView.SYN)
        && !view.hasFlag(PacketView.ACK)
        && view.protocolNumber() == Protocol.TCP.number();
  }
}
