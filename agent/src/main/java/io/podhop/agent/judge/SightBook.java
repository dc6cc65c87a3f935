package io.podhop.agent.judge;

import io.podhop.model.Coverage;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PointCoverage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What every point that is watched all the time was able to see, and when: its counters, noted
 * about once a second. Losses of a time span are rounded outwards to the notes around it, so that a
 * loss is never missed. Thread-safe.
 */
public final class SightBook {
  /** Points remembered, closed ones included. */
  public static final int MAX_POINTS = 2_048;

  /** A closed point is remembered for so long: its last flows are still on their way. */
  static final long FORGET_NS = 60_000_000_000L;

  private final Map<ObservationPoint, SightHistory> points = new ConcurrentHashMap<>();

  /**
   * A point's counters since it was opened; all of them only grow.
   *
   * @param droppedByUs packets we received and dropped at a bound of our own
   */
  public record Counters(long received, long droppedByKernel, long droppedByUs, long undecoded) {
    public static final Counters ZERO = new Counters(0, 0, 0, 0);
  }

  /**
   * A point is watched from now on.
   *
   * @param filter the pcap filter in force
   * @param nowNs epoch nanoseconds
   */
  public void opened(ObservationPoint point, String filter, long nowNs) {
    if (points.size() >= MAX_POINTS) {
      forget(nowNs);
    }
    if (points.size() < MAX_POINTS) {
      points.put(point, new SightHistory(filter, nowNs));
    }
  }

  public void note(ObservationPoint point, long nowNs, Counters counters) {
    SightHistory history = points.get(point);
    if (history != null) {
      history.note(nowNs, counters);
    }
  }

  /** A point is watched no more. */
  public void closed(ObservationPoint point, long nowNs, Counters last) {
    SightHistory history = points.get(point);
    if (history != null) {
      history.note(nowNs, last);
      history.close(nowNs);
    }
    forget(nowNs);
  }

  private void forget(long nowNs) {
    points.values().removeIf(history -> history.closedBefore(nowNs - FORGET_NS));
  }

  /** What the point saw from one time to another; empty when it was never opened. */
  public Optional<Coverage> at(ObservationPoint point, long fromNs, long toNs) {
    return Optional.ofNullable(points.get(point)).map(history -> history.between(fromNs, toNs));
  }

  /** How many packets the point lost meanwhile, wherever it was; 0 when it was never opened. */
  public long dropped(ObservationPoint point, long fromNs, long toNs) {
    return at(point, fromNs, toNs).map(Coverage::dropped).orElse(0L);
  }

  /** The same of all points that were open at some time in between. */
  public List<PointCoverage> all(long fromNs, long toNs) {
    List<PointCoverage> open = new ArrayList<>();
    points.forEach(
        (point, history) -> {
          if (history.overlaps(fromNs, toNs)) {
            open.add(new PointCoverage(point, history.between(fromNs, toNs)));
          }
        });
    return open;
  }
}
