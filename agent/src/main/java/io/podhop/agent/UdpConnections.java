package io.podhop.agent;

import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Protocol;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The UDP connections of pods whose headers are not captured, as looks at conntrack's table show
 * them: what became of each from one look to the next. Each is told of at one point, where it is
 * counted: its source pod's when that is on this node, else its destination pod's. What conntrack
 * counted while a pod's headers were captured, or while nobody looked, is left out. Thread-safe; no
 * call takes long, so that others may ask in the middle of a look.
 */
final class UdpConnections {
  private final int maxConnections;
  private final FlowTimeouts timeouts;
  private final Consumer<UdpCounter> count;
  private final Map<FlowKey, UdpConnection> byKey = new HashMap<>();
  private final ArrayDeque<Due> due = new ArrayDeque<>();
  private Look look = Look.NOTHING;
  private long lookedNs;

  /**
   * One look at the table.
   *
   * @param atNs epoch nanoseconds
   * @param points by the addresses of the pods whose connections are to be told
   * @param pods addresses of all pods of this node
   */
  record Look(long atNs, Map<IpAddress, EdgePoint> points, Set<IpAddress> pods) {
    static final Look NOTHING = new Look(0, Map.of(), Set.of());
  }

  private record Due(UdpConnection connection, Flow.End end, boolean interval) {}

  /**
   * @param maxConnections followed at a time; further ones are counted
   * @param timeouts after which silence a connection is over; how often a long one is told of
   */
  UdpConnections(int maxConnections, FlowTimeouts timeouts, Consumer<UdpCounter> count) {
    this.maxConnections = maxConnections;
    this.timeouts = timeouts;
    this.count = count;
  }

  /** Begins a look; {@link #see} follows for every entry, then {@link #end}. */
  synchronized void begin(Look next) {
    look = next;
    Set<ObservationPoint> watched = new HashSet<>();
    next.points().values().forEach(point -> watched.add(point.point()));
    byKey.values().stream()
        .filter(connection -> !connection.hasLeft() && !watched.contains(connection.point()))
        .forEach(this::leave);
  }

  /** Nobody looks any more: what is found next time has been counted by others meanwhile. */
  synchronized void rest() {
    byKey.values().stream().filter(connection -> !connection.hasLeft()).forEach(this::leave);
    lookedNs = 0;
  }

  private void leave(UdpConnection connection) {
    connection.leave();
    close(connection, Flow.End.OPEN);
  }

  private void close(UdpConnection connection, Flow.End how) {
    if (connection.beginsToEnd()) {
      due.add(new Due(connection, how, false));
    }
  }

  /**
   * @param startNs epoch nanoseconds of the entry's first packet; 0 when the kernel does not say
   */
  synchronized void see(ConntrackEntry entry, long startNs) {
    FlowKey key = entry.original();
    @Nullable EdgePoint at = look.points().get(key.source());
    if (at == null && !look.pods().contains(key.source())) {
      key = entry.translated();
      at = look.points().get(key.destination());
    }
    if (at == null || isCaptured(key)) {
      return;
    }
    UdpConnection known = byKey.get(key);
    if (known == null && byKey.size() >= maxConnections) {
      count.accept(UdpCounter.UNFOLLOWED);
      return;
    }
    byKey.put(
        key, known == null ? first(key, at, entry, startNs) : next(known, at, entry, startNs));
  }

  /** The filter of the edges sees the ports that a packet has in the pod. */
  private static boolean isCaptured(FlowKey key) {
    return CaptureMode.edgesPassUdp(key.sourcePort())
        || CaptureMode.edgesPassUdp(key.destinationPort());
  }

  private UdpConnection first(FlowKey key, EdgePoint at, ConntrackEntry entry, long startNs) {
    if (entry.accounting().isEmpty()) {
      count.accept(UdpCounter.UNACCOUNTED);
    }
    boolean mayBeOld = lookedNs == 0 || at.fromHeaders() && at.sinceNs() > lookedNs;
    boolean old = mayBeOld && (startNs == 0 || startNs < at.sinceNs());
    return old
        ? UdpConnection.joined(key, at.point(), entry, look.atNs())
        : UdpConnection.begun(key, at.point(), entry, startNs, look.atNs());
  }

  private UdpConnection next(
      UdpConnection known, EdgePoint at, ConntrackEntry entry, long startNs) {
    FlowKey key = known.key();
    if (known.hasLeft() || !known.point().equals(at.point())) {
      return UdpConnection.joined(key, at.point(), entry, look.atNs());
    }
    if (!known.continues(entry)) {
      close(known, Flow.End.IDLE);
      return UdpConnection.begun(key, at.point(), entry, startNs, look.atNs());
    }
    known.look(entry, look.atNs());
    return known;
  }

  /**
   * Ends the look: what is over, or has gone on for long, is there to be taken by {@link #next}.
   *
   * @param whole whether what was not seen is not there
   */
  synchronized void end(boolean whole) {
    long nowNs = look.atNs();
    Iterator<UdpConnection> all = byKey.values().iterator();
    while (all.hasNext()) {
      UdpConnection connection = all.next();
      if (whole) {
        connection.lookEnded(nowNs);
      }
      if (connection.isForgotten(nowNs)) {
        all.remove();
      } else if (connection.isOpen() && !connection.isEnding()) {
        tell(connection, nowNs);
      }
    }
    lookedNs = nowNs;
  }

  private void tell(UdpConnection connection, long nowNs) {
    if (connection.isOver(timeouts, nowNs)) {
      close(connection, Flow.End.IDLE);
    } else if (connection.isInterval(timeouts, nowNs)) {
      due.add(new Due(connection, Flow.End.OPEN, true));
    }
  }

  /** All that is open ends as what it is. */
  synchronized void finish() {
    byKey.values().forEach(connection -> close(connection, Flow.End.OPEN));
  }

  /** Takes the next record that is due. */
  synchronized Optional<FlowEvent.Ended> next(long nowNs) {
    Due next = due.poll();
    while (next != null && !next.connection.isOpen()) {
      next = due.poll();
    }
    return Optional.ofNullable(next)
        .map(
            told ->
                told.interval ? told.connection.interval() : told.connection.end(told.end, nowNs));
  }

  /**
   * Takes in what the captures know of a connection by an ICMP error alone. It is told of once, by
   * the record from here.
   *
   * @return false when it is not a connection from here
   */
  synchronized boolean takes(FlowEvent event) {
    if (!(event instanceof FlowEvent.Ended ended) || !isErrorAlone(ended.record())) {
      return false;
    }
    FlowKey key = ended.record().key();
    UdpConnection straight = byKey.get(key);
    UdpConnection connection = straight == null ? byKey.get(key.reversed()) : straight;
    if (connection == null || !connection.isOpen()) {
      return false;
    }
    connection.refused(ended.record());
    return true;
  }

  private static boolean isErrorAlone(FlowRecord record) {
    return record.key().protocol() == Protocol.UDP
        && record.packets() == 0
        && record.icmpError().isPresent()
        && record.tunnel().isEmpty();
  }

  /** Conntrack's entry of a connection by its tuple at its point, as of the last look. */
  synchronized Optional<ConntrackEntry> find(FlowKey key) {
    return Optional.ofNullable(byKey.get(key)).map(UdpConnection::entry);
  }

  synchronized int size() {
    return byKey.size();
  }
}
