package io.podhop.agent.flow;

import io.podhop.agent.decode.DnsAnswerHandler;
import io.podhop.agent.decode.PacketView;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import org.jspecify.annotations.Nullable;

/** Writes into a connection's slot what a packet says, and tells of the first of each kind. */
final class Observer {
  private static final int TCP = Protocol.TCP.number();

  private final FlowSlots slots;
  private final Kinds kinds;
  private final FlowListener listener;
  private final TcpAnalysis tcp = new TcpAnalysis();
  private final Half half = new Half();
  private final DnsAnswerHandler answers;
  private int answered;

  Observer(FlowSlots slots, Kinds kinds, FlowListener listener) {
    this.slots = slots;
    this.kinds = kinds;
    this.listener = listener;
    this.answers = (high, low, ttlSeconds) -> listener.answer(answered, high, low, ttlSeconds);
  }

  /** A packet of the connection itself. */
  void packet(Slot slot, Direction direction, PacketView view, long ns) {
    half.at(slot, direction);
    half.count(view.ipLength(), view.payloadLength(), view.ttl());
    slot.tunnel(view.tunnel().ordinal());
    if (view.protocolNumber() == TCP) {
      noteTcp(slot, direction, view, ns);
    } else if (view.icmpType() >= 0) {
      noteEcho(slot, direction, view, ns);
    } else {
      if (view.hasDns()) {
        noteDns(slot, view, ns);
      } else if (direction == Direction.REQUEST && view.hasQuicInitial()) {
        noteQuic(slot, view);
      }
      note(slot, direction, PacketKind.DATAGRAM, ns);
    }
  }

  /** An error about the connection, that goes in this direction. */
  void error(Slot slot, Direction direction, PacketView view, long ns) {
    slots.makeNotes(slot.number).noteError(direction, view);
    note(slot, direction, PacketKind.ICMP_ERROR, ns);
  }

  /** Whether a packet that found this slot by its key does not belong to its connection. */
  boolean beginsAnew(Slot slot, boolean fromClient, PacketView view) {
    if (view.protocolNumber() == TCP) {
      boolean syn = view.hasFlag(PacketView.SYN) && !view.hasFlag(PacketView.ACK);
      return syn && !continues(slot, fromClient, (int) view.tcpSequence());
    }
    if (!view.hasDns() || view.dnsResponse()) {
      return false;
    }
    @Nullable SideNotes notes = slots.notes(slot.number);
    SideNotes.@Nullable Dns dns = notes == null ? null : notes.dns;
    return dns != null && dns.answered && dns.hash != view.dnsQuestionHash();
  }

  /** A SYN sent again, or the other one of a simultaneous open (RFC 9293, 3.5). */
  private boolean continues(Slot slot, boolean fromClient, int isn) {
    half.at(slot, fromClient ? Direction.REQUEST : Direction.REPLY);
    if (half.has(Half.ISN)) {
      return half.isn() == isn && (fromClient || half.has(Half.SYN));
    }
    return !fromClient && slot.has(Slot.SYN_SEEN) && half.packets() == 0 && isOpen(slot);
  }

  private static boolean isOpen(Slot slot) {
    return slot.end() == Flow.End.OPEN;
  }

  private void noteTcp(Slot slot, Direction direction, PacketView view, long ns) {
    tcp.segment(slot, direction, view, ns);
    if (view.hasFlag(PacketView.SYN)) {
      noteSyn(slot, direction, view, ns);
    }
    if (view.payloadLength() > 0) {
      note(slot, direction, PacketKind.DATA, ns);
    }
    if (view.hasDns()) {
      noteDns(slot, view, ns);
    }
    if (view.hasFlag(PacketView.FIN | PacketView.RST)) {
      noteClosing(slot, direction, view, ns);
    } else if (direction == Direction.REQUEST && completesHandshake(slot, view)) {
      note(slot, direction, PacketKind.ACK, ns);
    }
  }

  /** A SYN-ACK acknowledges the client's ISN, also where the SYN itself took another way. */
  private void noteSyn(Slot slot, Direction direction, PacketView view, long ns) {
    if (!view.hasFlag(PacketView.ACK)) {
      slot.add(Slot.SYN_SEEN);
      note(slot, direction, PacketKind.SYN, ns);
      return;
    }
    if (direction == Direction.REPLY) {
      half.at(slot, Direction.REQUEST);
      TcpAnalysis.learnIsn(half, (int) view.tcpAcknowledgment() - 1);
    }
    note(slot, direction, PacketKind.SYN_ACK, ns);
  }

  private void noteClosing(Slot slot, Direction direction, PacketView view, long ns) {
    if (view.hasFlag(PacketView.FIN)) {
      boolean both = slot.noteFin(direction);
      if (both && isOpen(slot)) {
        slot.end(Flow.End.CLOSED);
      }
      note(slot, direction, PacketKind.FIN, ns);
    }
    if (view.hasFlag(PacketView.RST)) {
      slot.noteReset(direction);
      if (isOpen(slot)) {
        slot.end(Flow.End.RESET);
      }
      note(slot, direction, PacketKind.RST, ns);
    }
  }

  /**
   * A pure acknowledgement right after the ISN, before any data; its copies acknowledge the same
   * byte.
   */
  private boolean completesHandshake(Slot slot, PacketView view) {
    half.at(slot, Direction.REQUEST);
    if (half.payloadBytes() > 0
        || !half.has(Half.ISN)
        || (int) view.tcpSequence() - half.isn() != 1
        || !view.hasFlag(PacketView.ACK)
        || view.hasFlag(PacketView.SYN)) {
      return false;
    }
    half.at(slot, Direction.REPLY);
    int isn = (int) view.tcpAcknowledgment() - 1;
    TcpAnalysis.learnIsn(half, isn);
    return half.isn() == isn;
  }

  private void noteEcho(Slot slot, Direction direction, PacketView view, long ns) {
    if (view.isEchoRequest()) {
      note(slot, direction, PacketKind.ECHO_REQUEST, ns);
    } else {
      slot.end(Flow.End.CLOSED);
      note(slot, direction, PacketKind.ECHO_REPLY, ns);
    }
  }

  /** Over TCP only the connection's first exchange is kept. */
  private void noteDns(Slot slot, PacketView view, long ns) {
    SideNotes notes = slots.makeNotes(slot.number);
    SideNotes.Dns dns = notes.dns;
    if (dns == null) {
      dns = new SideNotes.Dns(view.dnsId());
      notes.dns = dns;
    }
    if (dns.id == view.dnsId()) {
      boolean first = dns.note(view, ns);
      if (first) {
        answered = slot.number;
        view.forEachAnswer(answers);
      }
      if (dns.answered && view.protocolNumber() != TCP) {
        slot.end(Flow.End.CLOSED);
      }
    }
  }

  private void noteQuic(Slot slot, PacketView view) {
    SideNotes notes = slots.makeNotes(slot.number);
    if (notes.quicConnectionId == 0) {
      notes.quicConnectionId = view.quicConnectionId();
    }
  }

  private void note(Slot slot, Direction direction, PacketKind kind, long ns) {
    if (kinds.note(slot, direction, kind, ns)) {
      listener.firstSeen(slot.point(), slot.number, kind, direction, ns);
    }
  }
}
