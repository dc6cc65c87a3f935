package io.podhop.collector.stitch;

import io.podhop.model.ClockOffset;
import io.podhop.model.Direction;
import io.podhop.model.Hop;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How far nodes' clocks are apart: measured from every connection that two nodes saw, the best kept
 * per pair of nodes. Thread-safe.
 *
 * <p>A request seen at the near node before the far one bounds the offset from above, a reply from
 * below; with one of each this is NTP's on-wire calculation (RFC 5905, 8). A first copy that was
 * lost on the way only widens the bounds.
 */
public final class ClockOffsets {
  /** Pairs kept; the least recently used goes first. */
  static final int MAX_PAIRS = 4096;

  /** PHI of RFC 5905: how fast an undisciplined clock may drift, in seconds per second. */
  static final double DRIFT = 15e-6;

  private final Map<Pair, Kept> best =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Pair, Kept> eldest) {
          return size() > MAX_PAIRS;
        }
      };

  /** Two nodes in the order of their names. */
  private record Pair(String low, String high) {}

  /** How far the clock of the pair's higher node is ahead, and when that was measured. */
  private record Kept(ClockOffset offset, long atNs) {
    ClockOffset at(long nowNs) {
      long drifted = (long) (Math.abs(nowNs - atNs) * DRIFT);
      return new ClockOffset(offset.offsetNs(), offset.errorNs() + drifted, true);
    }
  }

  /**
   * Keeps a measurement when it is better than what time has left of the kept one, or proves that a
   * clock was set.
   *
   * @param measured how far {@code far} is ahead of {@code near}
   * @param nowNs epoch nanoseconds on any clock that is always the same one
   */
  public synchronized void learn(String near, String far, ClockOffset measured, long nowNs) {
    if (!measured.known()) {
      return;
    }
    boolean ordered = near.compareTo(far) < 0;
    Pair pair = ordered ? new Pair(near, far) : new Pair(far, near);
    ClockOffset offset = ordered ? measured : negated(measured);
    Kept kept = best.get(pair);
    if (kept == null || replaces(offset, kept.at(nowNs))) {
      best.put(pair, new Kept(offset, nowNs));
    }
  }

  private static boolean replaces(ClockOffset measured, ClockOffset kept) {
    boolean contradicts =
        Math.abs(measured.offsetNs() - kept.offsetNs()) > measured.errorNs() + kept.errorNs();
    return contradicts || measured.errorNs() <= kept.errorNs();
  }

  /** What is remembered of every node's clock as seen from one node. */
  public synchronized Map<String, ClockOffset> from(String near, long nowNs) {
    Map<String, ClockOffset> offsets = new HashMap<>();
    best.forEach(
        (pair, kept) -> {
          if (pair.low().equals(near)) {
            offsets.put(pair.high(), kept.at(nowNs));
          } else if (pair.high().equals(near)) {
            offsets.put(pair.low(), negated(kept.at(nowNs)));
          }
        });
    return Map.copyOf(offsets);
  }

  private static ClockOffset negated(ClockOffset offset) {
    return new ClockOffset(-offset.offsetNs(), offset.errorNs(), true);
  }

  /** The offset that one connection proves, from what the two nodes' ENIs saw of it. */
  static ClockOffset measure(List<Hop.Observed> hops, Ends ends) {
    OptionalLong above = hops.stream().mapToLong(h -> upper(h, hops, ends)).min();
    OptionalLong below = hops.stream().mapToLong(h -> lower(h, hops, ends)).max();
    long high = above.orElse(Long.MAX_VALUE);
    long low = below.orElse(Long.MIN_VALUE);
    if (high == Long.MAX_VALUE || low == Long.MIN_VALUE || high < low) {
      return ClockOffset.UNKNOWN;
    }
    return new ClockOffset(low + (high - low) / 2, (high - low + 1) / 2, true);
  }

  private static long upper(Hop.Observed near, List<Hop.Observed> hops, Ends ends) {
    if (near.direction() != Direction.REQUEST || ends.stageOf(near.point()) != Stage.SOURCE_ENI) {
      return Long.MAX_VALUE;
    }
    return hops.stream()
        .filter(far -> isSamePacket(near, far) && atTarget(far, ends))
        .filter(far -> near.copies() >= far.copies())
        .mapToLong(far -> far.timeNs() - near.timeNs())
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private static long lower(Hop.Observed near, List<Hop.Observed> hops, Ends ends) {
    if (near.direction() != Direction.REPLY || ends.stageOf(near.point()) != Stage.SOURCE_ENI) {
      return Long.MIN_VALUE;
    }
    return hops.stream()
        .filter(far -> isSamePacket(near, far) && atTarget(far, ends))
        .filter(far -> far.copies() >= near.copies())
        .mapToLong(far -> far.timeNs() - near.timeNs())
        .max()
        .orElse(Long.MIN_VALUE);
  }

  private static boolean atTarget(Hop.Observed far, Ends ends) {
    return far.point().node().equals(ends.target().node())
        && ends.stageOf(far.point()) == Stage.DESTINATION_ENI;
  }

  private static boolean isSamePacket(Hop.Observed near, Hop.Observed far) {
    return near.packet() == far.packet() && near.direction() == far.direction();
  }
}
