package io.podhop.agent;

import io.podhop.agent.judge.ConnectionId;
import io.podhop.model.FlowKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Holds records until the other points of their connection have spoken: they see the same packets
 * within microseconds, and time out by the same rules. One thread owns it; any may read its
 * counters.
 */
final class FlowJoiner {
  static final long HOLD_NS = 1_000_000_000L;

  /** Records held; some 16 MB. */
  static final int MAX_HELD = 16_384;

  /** Connections that share an identity, by accident or by design of a flood, and are compared. */
  private static final int MAX_COMPARED = 8;

  private final int maxHeld;
  private final Set<Group> waiting = new LinkedHashSet<>();
  private final Map<Key, List<Group>> byKey = new HashMap<>();
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicLong early = new AtomicLong();

  FlowJoiner(int maxHeld) {
    this.maxHeld = maxHeld;
  }

  private record Key(ConnectionId id, boolean interval) {}

  /** Records of one connection, at most one per point. */
  static final class Group {
    private final Key key;
    private final long dueNs;
    private final List<FlowEvent.Ended> members = new ArrayList<>(3);

    private Group(Key key, long dueNs) {
      this.key = key;
      this.dueNs = dueNs;
    }

    List<FlowEvent.Ended> members() {
      return members;
    }

    ConnectionId id() {
      return key.id;
    }

    boolean isInterval() {
      return key.interval;
    }

    private boolean takes(FlowEvent.Ended ended) {
      boolean shared = false;
      for (FlowEvent.Ended member : members) {
        if (member.point().equals(ended.point())) {
          return false;
        }
        shared |= shareAnEnd(member.record().key(), ended.record().key());
      }
      return shared;
    }

    /** SNAT leaves the destination, DNAT the source; both at once happen at two points. */
    private static boolean shareAnEnd(FlowKey a, FlowKey b) {
      return a.protocol() == b.protocol()
          && (a.source().equals(b.source()) && a.sourcePort() == b.sourcePort()
              || a.destination().equals(b.destination())
                  && a.destinationPort() == b.destinationPort());
    }
  }

  void add(FlowEvent.Ended ended, long nowNs) {
    Key key = new Key(ConnectionId.of(ended.record()), ended.interval());
    List<Group> same = byKey.computeIfAbsent(key, _ -> new ArrayList<>(1));
    @Nullable Group begun = begun(same, ended);
    Group group = begun == null ? begin(key, same, nowNs) : begun;
    group.members.add(ended);
    held.incrementAndGet();
  }

  private static @Nullable Group begun(List<Group> same, FlowEvent.Ended ended) {
    int oldest = Math.max(0, same.size() - MAX_COMPARED);
    for (int i = same.size() - 1; i >= oldest; i--) {
      if (same.get(i).takes(ended)) {
        return same.get(i);
      }
    }
    return null;
  }

  private Group begin(Key key, List<Group> same, long nowNs) {
    Group group = new Group(key, nowNs + HOLD_NS);
    same.add(group);
    waiting.add(group);
    return group;
  }

  /** Those that were held long enough, and the oldest of too many. */
  List<Group> due(long nowNs) {
    List<Group> due = new ArrayList<>();
    Iterator<Group> oldest = waiting.iterator();
    while (oldest.hasNext()) {
      Group group = oldest.next();
      boolean inTime = group.dueNs <= nowNs;
      if (!inTime && held.get() <= maxHeld) {
        break;
      }
      if (!inTime) {
        early.incrementAndGet();
      }
      oldest.remove();
      forget(group);
      due.add(group);
    }
    return due;
  }

  /** The group of a tuple that conntrack names, if it is still held. */
  Optional<Group> take(ConnectionId id, boolean interval) {
    List<Group> same = byKey.get(new Key(id, interval));
    if (same == null) {
      return Optional.empty();
    }
    Group group = same.getFirst();
    waiting.remove(group);
    forget(group);
    return Optional.of(group);
  }

  private void forget(Group group) {
    held.addAndGet(-group.members.size());
    List<Group> same = byKey.getOrDefault(group.key, new ArrayList<>());
    same.remove(group);
    if (same.isEmpty()) {
      byKey.remove(group.key);
    }
  }

  int held() {
    return held.get();
  }

  /** Connections that were not held to the end because too many records were. */
  long early() {
    return early.get();
  }
}
