package io.podhop.agent;

import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.flow.KindSeen;
import io.podhop.agent.flow.TtlRange;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.ConntrackEntry.Accounting;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.Traffic;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One UDP connection as conntrack counts it, told of in records as a captured one is. Its times are
 * those of the looks at it, unless the kernel dates its entries. While it is not open, what is
 * counted already is not to be told: another record told it, or the captures did.
 */
final class UdpConnection {
  private static final Accounting NOTHING = new Accounting(0, 0, 0, 0);

  /** See {@link KindSeen#copies}. */
  private static final int MAX_COPIES = 65_535;

  /**
   * The captures tell of an ICMP error after as long a silence: the record of an unanswered
   * connection waits that little longer for it.
   */
  private static final long REFUSAL_NS = 5_000_000_000L;

  /** Records that were handed over are judged within a second, and conntrack's word asked for. */
  private static final long KEPT_NS = 5_000_000_000L;

  /** No UDP entry outlives its last packet for as long: its pod's address may have another pod. */
  private static final long LEFT_NS = 300_000_000_000L;

  private final FlowKey key;
  private final ObservationPoint point;
  private ConntrackEntry entry;
  private Accounting before;
  private long firstNs;
  private long movedNs;
  private long closedNs;
  private long intervals;
  private long lookedNs;
  private boolean open;
  private boolean ending;
  private boolean gone;
  private boolean left;
  private @Nullable FlowRecord refusal;

  private UdpConnection(
      FlowKey key, ObservationPoint point, ConntrackEntry entry, Accounting before, long nowNs) {
    this.key = key;
    this.point = point;
    this.entry = entry;
    this.before = before;
    this.firstNs = nowNs;
    this.movedNs = nowNs;
    this.closedNs = nowNs;
    this.lookedNs = nowNs;
  }

  /**
   * All of it is to be told.
   *
   * @param key as its packets have it at the point
   * @param startNs epoch nanoseconds; 0 when the kernel does not say
   */
  static UdpConnection begun(
      FlowKey key, ObservationPoint point, ConntrackEntry entry, long startNs, long nowNs) {
    UdpConnection begun = new UdpConnection(key, point, entry, NOTHING, nowNs);
    begun.open = true;
    begun.firstNs = startNs > 0 ? Math.min(startNs, nowNs) : nowNs;
    return begun;
  }

  /** Only what comes from now on is to be told. */
  static UdpConnection joined(
      FlowKey key, ObservationPoint point, ConntrackEntry entry, long nowNs) {
    return new UdpConnection(key, point, entry, counted(entry), nowNs);
  }

  private static Accounting counted(ConntrackEntry entry) {
    return entry.accounting().orElse(NOTHING);
  }

  /** Whether an entry of the same tuple is still the same connection, not a later one. */
  boolean continues(ConntrackEntry now) {
    Accounting then = counted(entry);
    Accounting count = counted(now);
    return now.replyTuple().equals(entry.replyTuple())
        && count.originalPackets() >= then.originalPackets()
        && count.replyPackets() >= then.replyPackets();
  }

  void look(ConntrackEntry now, long nowNs) {
    gone = false;
    lookedNs = nowNs;
    if (hasMoved(now)) {
      if (!open) {
        open = true;
        firstNs = nowNs;
        intervals = 0;
        refusal = null;
      }
      movedNs = nowNs;
    }
    entry = now;
  }

  /** Every packet sets the timeout anew; else it only falls. */
  private boolean hasMoved(ConntrackEntry now) {
    return now.accounting().isPresent()
        ? !now.accounting().equals(entry.accounting())
        : now.timeoutSeconds() >= entry.timeoutSeconds();
  }

  /** The look is over: conntrack has forgotten what was not seen in it. */
  void lookEnded(long nowNs) {
    gone |= lookedNs != nowNs;
  }

  /** Its end waits to be told; false when it does already, or there is nothing to tell. */
  boolean beginsToEnd() {
    boolean begins = open && !ending;
    ending |= begins;
    return begins;
  }

  boolean isEnding() {
    return ending;
  }

  /** Its point is not this connection's to be told of any more. */
  void leave() {
    left = true;
  }

  boolean hasLeft() {
    return left;
  }

  boolean isOpen() {
    return open;
  }

  boolean isOver(FlowTimeouts timeouts, long nowNs) {
    if (entry.seenReply()) {
      return gone || nowNs - movedNs >= timeouts.udpIdleNs();
    }
    return nowNs - movedNs >= timeouts.unansweredNs() + REFUSAL_NS;
  }

  /** True once for every interval that it goes on; those missed are told as one. */
  boolean isInterval(FlowTimeouts timeouts, long nowNs) {
    long reached = (nowNs - firstNs) / timeouts.intervalNs();
    boolean more = reached > intervals;
    intervals = Math.max(intervals, reached);
    return more;
  }

  /** Whether neither its entry nor a question about it can come any more. */
  boolean isForgotten(long nowNs) {
    return !open && nowNs - closedNs > (left ? LEFT_NS : KEPT_NS) && (left || gone);
  }

  /** An ICMP error about it was captured: what the captures' record has beyond conntrack. */
  void refused(FlowRecord byCapture) {
    refusal = byCapture;
  }

  FlowEvent.Ended interval() {
    return told(Flow.End.OPEN, true);
  }

  /** What it is told as when it is over; what comes after that is another record's. */
  FlowEvent.Ended end(Flow.End how, long nowNs) {
    FlowEvent.Ended ended = told(how, false);
    open = false;
    ending = false;
    closedNs = nowNs;
    before = counted(entry);
    return ended;
  }

  private FlowEvent.Ended told(Flow.End how, boolean interval) {
    return new FlowEvent.Ended(record(how), point, CaptureMode.EDGES.toString(), interval);
  }

  private FlowRecord record(Flow.End how) {
    Traffic request = request();
    Traffic reply = reply();
    boolean single = request.packets() + reply.packets() == 1;
    return new FlowRecord(
        0,
        key,
        -1,
        firstNs,
        single ? firstNs : movedNs,
        how,
        request,
        reply,
        TtlRange.NONE,
        TtlRange.NONE,
        Optional.empty(),
        Optional.empty(),
        refusal == null ? Optional.empty() : refusal.icmpError(),
        "",
        0,
        kinds(request, reply));
  }

  /** Where the kernel does not count, that there was a packet is all that is known. */
  private Traffic request() {
    return entry.accounting().isEmpty()
        ? new Traffic(1, 0, 0)
        : new Traffic(
            counted(entry).originalPackets() - before.originalPackets(),
            counted(entry).originalBytes() - before.originalBytes(),
            0);
  }

  private Traffic reply() {
    if (entry.accounting().isEmpty()) {
      return entry.seenReply() ? new Traffic(1, 0, 0) : Traffic.NONE;
    }
    return new Traffic(
        counted(entry).replyPackets() - before.replyPackets(),
        counted(entry).replyBytes() - before.replyBytes(),
        0);
  }

  private List<KindSeen> kinds(Traffic request, Traffic reply) {
    List<KindSeen> kinds = new ArrayList<>();
    if (request.packets() > 0) {
      kinds.add(datagrams(Direction.REQUEST, key, request.packets()));
    }
    if (entry.seenReply()) {
      kinds.add(datagrams(Direction.REPLY, key.reversed(), Math.max(1, reply.packets())));
    }
    if (refusal != null) {
      boolean turned = !refusal.key().equals(key);
      refusal.kinds().stream()
          .filter(seen -> seen.kind() == PacketKind.ICMP_ERROR)
          .map(seen -> turned ? turned(seen) : seen)
          .forEach(kinds::add);
      kinds.sort(Comparator.comparingLong(KindSeen::firstNs));
    }
    return kinds;
  }

  private KindSeen datagrams(Direction direction, FlowKey tuple, long packets) {
    int copies = (int) Math.min(MAX_COPIES, packets);
    return new KindSeen(direction, PacketKind.DATAGRAM, tuple, firstNs, copies);
  }

  /** From an error alone the captures can only guess who asked. */
  private static KindSeen turned(KindSeen seen) {
    Direction other = seen.direction().opposite();
    return new KindSeen(other, seen.kind(), seen.tuple(), seen.firstNs(), seen.copies());
  }

  FlowKey key() {
    return key;
  }

  ObservationPoint point() {
    return point;
  }

  ConntrackEntry entry() {
    return entry;
  }
}
