package io.podhop.agent.evidence;

import io.podhop.agent.evidence.TraceEvent.Dropped;
import io.podhop.agent.evidence.TraceEvent.Passed;
import io.podhop.agent.evidence.TraceEvent.Way;
import io.podhop.model.NodeEvidence.KernelDrop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Joins what the kernel dropped with what the capture saw. A drop names a packet only by the
 * address of its buffer; the same address passed devices shortly before, at some time and with some
 * length, and so did the captured packet. Buffers are used again, so only a recent passage counts,
 * and of all packets that passed, not only of those dropped, a sighting takes the nearest.
 *
 * <p>Captures stamp what is sent between queue and device, and what is received when it arrives or
 * a moment after it is taken up: by these intervals, a wire's two ends are told apart where their
 * names are the same.
 */
final class DropJoin {
  /** Passages that are remembered: some seconds of a busy node. */
  static final int MAX_PASSAGES = 1 << 17;

  static final int MAX_DROPS = 1024;

  /** A packet is through, or dropped, within this time, unless it waits in a queue. */
  private static final long FRESH_NS = 2_000_000;

  /** From arrival to the sending device's queue: the rules and routes of one packet. */
  private static final long FORWARDING_NS = 500_000;

  /** The events' time is cut to microseconds, and the clocks are not read at the same moment. */
  private static final long CLOCK_NS = 2_000;

  /** Packets wait for a neighbour's answer, or in a device's queue, that long. */
  private static final long WAITING_NS = 5_000_000_000L;

  private static final Set<String> AFTER_WAITING =
      Set.of("NEIGH_FAILED", "NEIGH_QUEUEFULL", "NEIGH_DEAD");

  private final Deque<Passage> passages = new ArrayDeque<>();
  private final Map<Long, Passage> latest = new HashMap<>();
  private int drops;
  private long dropsBeyond;
  private long lost;
  private boolean forgot;

  /** A packet at a device, and what became of it. */
  private static final class Passage {
    private final Passed event;

    /** The same packet where it arrived, when it is being sent on. */
    private final @Nullable Passage arrival;

    private boolean takenUp;

    /** When no capture can see it there for the first time any more; negative while none could. */
    private long untilNs;

    private @Nullable Dropped end;

    Passage(Passed event, @Nullable Passage arrival) {
      this.event = event;
      this.arrival = arrival;
      this.takenUp = event.way() != Way.ARRIVED;
      this.untilNs = event.way() == Way.QUEUED ? -1 : event.timeNs();
    }
  }

  /** Takes the events in the order of their time. */
  void accept(TraceEvent event) {
    switch (event) {
      case Passed passed -> passed(passed);
      case Dropped dropped -> dropped(dropped);
      case TraceEvent.Lost(long count) -> lost += count;
    }
  }

  /** Events that the kernel overwrote before they were read. */
  long lost() {
    return lost;
  }

  /** Drops beyond the bound. */
  long dropsBeyond() {
    return dropsBeyond;
  }

  /** Whether passages had to be forgotten, so that early sightings cannot be judged. */
  boolean forgot() {
    return forgot;
  }

  private void passed(Passed event) {
    Passage before = latest.get(event.packet());
    if (before != null && isTakenUp(before, event)) {
      before.takenUp = true;
      before.untilNs = event.timeNs();
      return;
    }
    if (before != null && isSent(before, event)) {
      before.untilNs = event.timeNs();
      return;
    }
    boolean sentOn = before != null && isSentOn(before.event, event);
    Passage passage = new Passage(event, sentOn ? before : null);
    latest.put(event.packet(), passage);
    passages.addLast(passage);
    if (passages.size() > MAX_PASSAGES) {
      Passage oldest = passages.removeFirst();
      latest.remove(oldest.event.packet(), oldest);
      forgot = true;
    }
  }

  /** What waited for the processor is told of once more when its turn comes. */
  private static boolean isTakenUp(Passage before, Passed event) {
    return !before.takenUp
        && event.way() == Way.TAKEN_UP
        && before.event.device().equals(event.device())
        && before.event.lengthBytes() == event.lengthBytes()
        && event.timeNs() - before.event.timeNs() <= FRESH_NS;
  }

  /** What was queued is told of once more when the device gets it. */
  private static boolean isSent(Passage before, Passed event) {
    return event.way() == Way.SENT
        && before.event.way() == Way.QUEUED
        && before.untilNs < 0
        && before.event.device().equals(event.device())
        && event.timeNs() - before.event.timeNs() <= FRESH_NS;
  }

  /** Forwarded, rather than another packet in the same buffer. */
  private static boolean isSentOn(Passed before, Passed event) {
    return event.way().isOut()
        && !before.way().isOut()
        && before.lengthBytes() == event.lengthBytes()
        && event.timeNs() - before.timeNs() <= FORWARDING_NS;
  }

  private void dropped(Dropped drop) {
    Passage passage = latest.remove(drop.packet());
    if (passage == null || DropReasons.isNoise(drop.reason())) {
      return;
    }
    long limit = AFTER_WAITING.contains(drop.reason()) ? WAITING_NS : FRESH_NS;
    if (drop.timeNs() - passage.event.timeNs() > limit) {
      return;
    }
    if (drops >= MAX_DROPS) {
      dropsBeyond++;
      return;
    }
    drops++;
    passage.end = drop;
  }

  /**
   * The drops of captured packets, by time.
   *
   * @param realtimeNs what to add to the events' clock to get the capture's
   * @param windowNs how far a sighting and a passage may be apart
   */
  List<KernelDrop> match(List<PacketSighting> sightings, long realtimeNs, long windowNs) {
    Map<Passage, Passage> sentOn = sentOn();
    Map<Dropped, KernelDrop> found = new LinkedHashMap<>();
    Set<Passage> taken = new HashSet<>();
    Set<PacketSighting> placed = new HashSet<>();
    for (Pair pair : pairs(sightings, realtimeNs, windowNs)) {
      if (!taken.contains(pair.passage) && placed.add(pair.sighting)) {
        taken.add(pair.passage);
        Passage end = sentOn.getOrDefault(pair.passage, pair.passage);
        if (end.end != null) {
          found.putIfAbsent(end.end, drop(end, end.end, pair.sighting, realtimeNs));
        }
      }
    }
    List<KernelDrop> sorted = new ArrayList<>(found.values());
    sorted.sort(Comparator.comparingLong(KernelDrop::timeNs));
    return List.copyOf(sorted);
  }

  private static KernelDrop drop(
      Passage end, Dropped drop, PacketSighting sighting, long realtimeNs) {
    return new KernelDrop(
        drop.reason(),
        drop.location(),
        end.event.device(),
        drop.timeNs() + realtimeNs,
        end.event.lengthBytes() + TraceEvent.ETHERNET_BYTES,
        sighting.scope());
  }

  /** For the arrival of each packet that was dropped when it was to be sent on, that passage. */
  private Map<Passage, Passage> sentOn() {
    Map<Passage, Passage> sentOn = new HashMap<>();
    for (Passage passage : passages) {
      if (passage.end != null && passage.arrival != null) {
        sentOn.put(passage.arrival, passage);
      }
    }
    return sentOn;
  }

  private record Pair(PacketSighting sighting, Passage passage, long apartNs) {}

  /** Sightings with the passages that they may be, nearest first. */
  private List<Pair> pairs(List<PacketSighting> sightings, long realtimeNs, long windowNs) {
    Map<String, List<Passage>> byDevice = new HashMap<>();
    for (Passage passage : passages) {
      if (passage.untilNs >= 0) {
        byDevice.computeIfAbsent(passage.event.device(), _ -> new ArrayList<>()).add(passage);
      }
    }
    byDevice.values().forEach(list -> list.sort(Comparator.comparingLong(p -> p.untilNs)));
    List<Pair> pairs = new ArrayList<>();
    for (PacketSighting sighting : sightings) {
      List<Passage> there = byDevice.getOrDefault(sighting.device(), List.of());
      long at = sighting.timeNs() - realtimeNs;
      for (int i = firstFrom(there, at - windowNs); i < there.size(); i++) {
        Passage passage = there.get(i);
        if (passage.untilNs > at + windowNs + FRESH_NS) {
          break;
        }
        long apartNs = apartNs(passage, at);
        long limitNs = passage.event.way().isOut() ? CLOCK_NS : windowNs;
        boolean sameLength =
            passage.event.lengthBytes() + TraceEvent.ETHERNET_BYTES == sighting.lengthBytes();
        if (sameLength && apartNs <= limitNs) {
          pairs.add(new Pair(sighting, passage, apartNs));
        }
      }
    }
    pairs.sort(Comparator.comparingLong(Pair::apartNs));
    return pairs;
  }

  private static long apartNs(Passage passage, long atNs) {
    return Math.max(0, Math.max(passage.event.timeNs() - atNs, atNs - passage.untilNs));
  }

  private static int firstFrom(List<Passage> sorted, long timeNs) {
    int low = 0;
    int high = sorted.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted.get(middle).untilNs < timeNs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
