package io.podhop.agent;

import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.capture.CaptureStats;
import io.podhop.agent.judge.SightBook;
import io.podhop.model.ObservationPoint;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A point that is watched all the time, with its number in the flow table, its mode and what was
 * counted there over all its rings.
 */
final class WatchPoint {
  private final int index;
  private final ObservationPoint point;
  private final AtomicLong undecoded = new AtomicLong();
  private volatile CaptureMode mode;

  /** Since when the point is seen by its edges only; epoch nanoseconds. */
  private volatile long edgesSinceNs;

  private volatile boolean fromHeaders;

  /** Until when the point was last seen by its edges only; epoch nanoseconds, 0 never. */
  private volatile long edgesUntilNs;

  private volatile CaptureStats ring = CaptureStats.NONE;

  /** Of the rings that were given back. */
  private volatile CaptureStats before = CaptureStats.NONE;

  /**
   * @param openedNs epoch nanoseconds
   */
  WatchPoint(int index, ObservationPoint point, CaptureMode mode, long openedNs) {
    this.index = index;
    this.point = point;
    this.mode = mode;
    this.edgesSinceNs = openedNs;
  }

  int index() {
    return index;
  }

  ObservationPoint point() {
    return point;
  }

  CaptureMode mode() {
    return mode;
  }

  void mode(CaptureMode now, long nowNs) {
    if (mode == CaptureMode.EDGES && now != CaptureMode.EDGES) {
      edgesUntilNs = nowNs;
    }
    if (mode != CaptureMode.EDGES && now == CaptureMode.EDGES) {
      edgesSinceNs = nowNs;
      fromHeaders = true;
    }
    mode = now;
  }

  /** Itself while it is seen by its edges. */
  Optional<EdgePoint> edges() {
    return mode == CaptureMode.EDGES
        ? Optional.of(new EdgePoint(point, edgesSinceNs, fromHeaders))
        : Optional.empty();
  }

  /** The poorest mode that a connection which began then was seen in. */
  CaptureMode modeSince(long beganNs) {
    return edgesUntilNs > beganNs ? CaptureMode.EDGES : mode;
  }

  /** A frame whose headers could not be read; the capture thread alone counts. */
  void countUndecoded() {
    undecoded.lazySet(undecoded.getPlain() + 1);
  }

  /** Takes in what the present ring counted so far. */
  void sample(CaptureStats stats) {
    ring = stats;
  }

  /** The ring is given back with these last counters; another one begins from nothing. */
  void ringEnded(CaptureStats last) {
    before = before.plus(last);
    ring = CaptureStats.NONE;
  }

  long received() {
    return before.received() + ring.received();
  }

  /** Packets that a ring had no room for. */
  long dropped() {
    return before.droppedByKernel() + ring.droppedByKernel();
  }

  SightBook.Counters counters() {
    return new SightBook.Counters(received(), dropped(), 0, undecoded.get());
  }
}
