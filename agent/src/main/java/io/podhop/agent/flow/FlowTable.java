package io.podhop.agent.flow;

import io.podhop.agent.decode.PacketView;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a trace, a node or a capture file, per observation point. One thread writes
 * and reads; records are values for anyone. Packets of known connections allocate nothing.
 *
 * <p>A TCP connection is a tuple and its client's ISN, so that a reused port begins a new one; a
 * DNS exchange is a tuple and an id; an ICMP echo is an identifier and a sequence; other UDP is its
 * tuple. The client is who sent the SYN or the first packet; of a TCP connection joined late, the
 * end with the higher port.
 *
 * <p>The table is bounded, at 448 bytes a connection, taken as it fills. When it is full, a new
 * connection takes the place of
 *
 * <ol>
 *   <li>one that is over and is kept for late packets only, the one that ended first; else
 *   <li>an unanswered one, or one whose handshake is not complete, the one that began first; else
 *   <li>one that had no packet since the clock hand last came by; of {@value #CLOCK_STEPS} that all
 *       had, the one idle longest.
 * </ol>
 *
 * So a flood of SYNs, or of any packets that nobody answers, only drives out itself.
 */
public final class FlowTable {
  /** Bound on the work for one eviction of a connection in use. */
  static final int CLOCK_STEPS = 16;

  private static final int TCP = Protocol.TCP.number();

  private final FlowSlots slots;
  private final FlowIndex index;
  private final FlowLists lists;
  private final FlowRecords records;
  private final Observer observer;
  private final Expiry expiry;
  private final FlowTimeouts timeouts;
  private final FlowListener listener;
  private final RemovedPoints removed;
  private final FlowProbe probe = new FlowProbe();
  private final FlowProbe ahead = new FlowProbe();
  private final int[] hashesAhead = new int[PacketBatch.SIZE];
  private final Slot slot = new Slot();
  private final Slot other = new Slot();
  private final long[] overflowed;
  private final long[] evicted = new long[4];
  private long unattributed;
  private long created;
  private int hand;

  /** Read by nobody: it keeps the reads of {@link #lookAhead} from being left out. */
  int lookedAt;

  /**
   * @param maxPoints point indices are below this
   * @param maxFlows bound on connections times points
   */
  public FlowTable(int maxPoints, int maxFlows, FlowTimeouts timeouts, FlowListener listener) {
    this.slots = new FlowSlots(maxFlows);
    this.index = new FlowIndex(slots);
    this.lists = new FlowLists(slots);
    Kinds kinds = new Kinds(slots);
    this.records = new FlowRecords(slots, kinds);
    this.observer = new Observer(slots, kinds, listener);
    this.expiry = new Expiry(timeouts);
    this.timeouts = timeouts;
    this.listener = listener;
    this.removed = new RemovedPoints(maxPoints);
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

  /**
   * Asks for the memory that packets will touch which are about to be taken in. What they find is
   * not looked at: a wrong guess costs time and nothing else.
   */
  void lookAhead(int[] points, PacketView[] views, int count) {
    for (int i = 0; i < count; i++) {
      ahead.setPacket(points[i], views[i]);
      hashesAhead[i] = index.hash(ahead);
    }
    int read = 0;
    for (int i = 0; i < count; i++) {
      read += slots.lookAhead(index.guess(hashesAhead[i]));
    }
    lookedAt = read;
  }

  /**
   * Looks at some of the connections, going on where the last call ended: ends those that are due,
   * tells of those that go on.
   *
   * @param maxSlots bound on the work of this call
   */
  public void sweep(long nowNs, int maxSlots) {
    int steps = Math.min(maxSlots, slots.high());
    for (int step = 0; step < steps; step++) {
      if (hand >= slots.high()) {
        hand = 0;
        removed.nextTurn();
      }
      slots.at(hand, slot);
      if (slot.evictionClass() != 0) {
        sweepSlot(nowNs);
      }
      hand++;
    }
  }

  private void sweepSlot(long nowNs) {
    if (removed.isGone(slot)) {
      end(slot, slot.end());
    } else if (expiry.isDue(slot, nowNs)) {
      end(slot, slot.end() == Flow.End.OPEN ? Flow.End.IDLE : slot.end());
    } else if (expiry.isInterval(slot, nowNs)) {
      listener.interval(slot.number);
    }
  }

  /**
   * No more packets come: every record ends as what it is at that time. Those that were silent for
   * too long end as IDLE, others that went on as OPEN.
   */
  public void finish(long nowNs) {
    for (int number = 0; number < slots.high(); number++) {
      slots.at(number, slot);
      if (slot.evictionClass() != 0) {
        boolean idle = slot.end() == Flow.End.OPEN && expiry.isDue(slot, nowNs);
        end(slot, idle ? Flow.End.IDLE : slot.end());
      }
    }
  }

  /**
   * The point is no more: the sweeps end its records, and what is captured under its index from now
   * on belongs to new connections.
   */
  public void removePoint(int pointIndex) {
    removed.add(pointIndex, (int) created);
  }

  /** All connections, in the order in which each was first seen at each point. */
  public List<FlowRecord> snapshot() {
    List<Integer> numbers = new ArrayList<>(slots.used());
    for (int number = 0; number < slots.high(); number++) {
      slots.at(number, slot);
      if (slot.evictionClass() != 0) {
        numbers.add(number);
      }
    }
    numbers.sort(Comparator.comparingLong(this::age).reversed());
    return numbers.stream().map(this::record).toList();
  }

  /** How many connections began since this one. */
  private long age(int number) {
    slots.at(number, slot);
    return (int) created - slot.birth() & 0xffff_ffffL;
  }

  /**
   * One connection at one point, as the {@link FlowListener} names it.
   *
   * @throws IllegalArgumentException when there is none
   */
  public FlowRecord record(int number) {
    return records.of(slot(number));
  }

  private Slot slot(int number) {
    if (number >= 0 && number < slots.high()) {
      slots.at(number, other);
      if (other.evictionClass() != 0) {
        return other;
      }
    }
    throw new IllegalArgumentException("no connection in slot " + number);
  }

  /** Who asked what in a DNS exchange, and when its latest packet passed (epoch nanoseconds). */
  public record Question(int pointIndex, IpAddress asker, String name, long lastNs) {}

  /**
   * What {@link #record} says of a DNS question, without the rest; its name is empty when it could
   * not be read.
   *
   * @throws IllegalArgumentException when there is no such connection
   */
  public Question question(int number) {
    Slot slot = slot(number);
    @Nullable SideNotes notes = slots.notes(number);
    return new Question(
        slot.point(),
        new IpAddress(slot.clientHigh(), slot.clientLow()),
        notes == null || notes.dns == null ? "" : notes.dns.name,
        slot.lastNs());
  }

  public int size() {
    return slots.used();
  }

  /** Connections that ever began here. */
  public long created() {
    return created;
  }

  /** Packets at a point that found no room in the table; 0 where eviction makes room. */
  public long overflowed(int pointIndex) {
    return overflowed[pointIndex];
  }

  public Evicted evicted() {
    return new Evicted(
        evicted[FlowLists.CLOSED], evicted[FlowLists.EMBRYONIC], evicted[FlowLists.ESTABLISHED]);
  }

  /** Packets that belong to no connection: later fragments, other ICMP, unreadable quotes. */
  public long unattributed() {
    return unattributed;
  }

  /** For checks. */
  record Parts(FlowSlots slots, FlowIndex index, FlowLists lists) {}

  Parts parts() {
    return new Parts(slots, index, lists);
  }

  private void acceptPacket(int pointIndex, PacketView view, long ns) {
    probe.setPacket(pointIndex, view);
    int number = index.find(probe);
    boolean fromClient = false;
    if (number >= 0) {
      slots.at(number, slot);
      fromClient = slot.isForward(probe);
      if (removed.isGone(slot) || observer.beginsAnew(slot, fromClient, view)) {
        supersede();
        number = FlowSlots.NONE;
      }
    }
    if (number < 0) {
      fromClient = isFromClient(view);
      if (!begin(fromClient, ns)) {
        return;
      }
    }
    Direction direction = fromClient ? Direction.REQUEST : Direction.REPLY;
    slot.touch(ns);
    boolean answered = slot.noteSent(direction) && !isSyn(view);
    observer.packet(slot, direction, view, ns);
    classify(answered);
  }

  /** The error goes to the sender of what it quotes, hence against the quoted direction. */
  private void acceptError(int pointIndex, PacketView view, long ns) {
    probe.setQuoted(pointIndex, view.quote());
    int number = index.find(probe);
    if (number >= 0) {
      slots.at(number, slot);
      if (removed.isGone(slot)) {
        supersede();
        number = FlowSlots.NONE;
      }
    }
    if (number < 0 && !begin(probe.looksLikeRequest(), ns)) {
      return;
    }
    slot.touch(ns);
    observer.error(slot, slot.isForward(probe) ? Direction.REPLY : Direction.REQUEST, view, ns);
  }

  private void classify(boolean answered) {
    int now = slot.evictionClass();
    if (now == FlowLists.CLOSED) {
      return;
    }
    if (slot.end() != Flow.End.OPEN) {
      lists.move(slot.number, FlowLists.CLOSED);
    } else if (answered && now == FlowLists.EMBRYONIC) {
      lists.move(slot.number, FlowLists.ESTABLISHED);
    }
  }

  private boolean isFromClient(PacketView view) {
    if (view.protocolNumber() == TCP) {
      return isSyn(view) ? !view.hasFlag(PacketView.ACK) : probe.looksLikeRequest();
    }
    if (view.icmpType() >= 0) {
      return view.isEchoRequest();
    }
    return !(view.hasDns() && view.dnsResponse());
  }

  private static boolean isSyn(PacketView view) {
    return view.protocolNumber() == TCP && view.hasFlag(PacketView.SYN);
  }

  /** A slot for the probe's key; false when there is no room. */
  private boolean begin(boolean clientIsSource, long ns) {
    if (slots.isFull() && !timeouts.keepAll()) {
      evict();
    }
    int number = slots.allocate();
    if (number < 0) {
      overflowed[probe.point]++;
      return false;
    }
    slots.at(number, slot);
    slot.begin(probe, clientIsSource, (int) created, ns);
    created++;
    index.add(probe, number);
    lists.append(number, FlowLists.EMBRYONIC);
    return true;
  }

  /** A newer connection has this slot's key: of this one nothing more can come. */
  private void supersede() {
    if (timeouts.keepAll()) {
      index.remove(slot.number);
      slot.add(Slot.HIDDEN);
    } else {
      boolean silent = slot.end() == Flow.End.OPEN && !removed.isGone(slot);
      end(slot, silent ? Flow.End.IDLE : slot.end());
    }
  }

  private void evict() {
    int victim = lists.oldest(FlowLists.CLOSED);
    if (victim < 0) {
      victim = lists.oldest(FlowLists.EMBRYONIC);
    }
    if (victim < 0) {
      victim = idleLongest();
    }
    if (victim < 0) {
      return;
    }
    slots.at(victim, other);
    evicted[other.evictionClass()]++;
    end(other, other.end() == Flow.End.OPEN ? Flow.End.EVICTED : other.end());
  }

  /** Second chance: who had a packet since the last look goes to the end of the list. */
  private int idleLongest() {
    int idlest = FlowSlots.NONE;
    long idlestNs = Long.MAX_VALUE;
    for (int step = 0; step < CLOCK_STEPS; step++) {
      int oldest = lists.oldest(FlowLists.ESTABLISHED);
      if (oldest < 0) {
        break;
      }
      slots.at(oldest, other);
      if (!other.has(Slot.REFERENCED)) {
        return oldest;
      }
      other.remove(Slot.REFERENCED);
      if (other.lastNs() < idlestNs) {
        idlest = oldest;
        idlestNs = other.lastNs();
      }
      lists.move(oldest, FlowLists.ESTABLISHED);
    }
    return idlest;
  }

  private void end(Slot ending, Flow.End how) {
    int number = ending.number;
    ending.end(how);
    listener.ended(number, how);
    if (!ending.has(Slot.HIDDEN)) {
      index.remove(number);
    }
    lists.remove(number);
    slots.free(number);
  }
}
