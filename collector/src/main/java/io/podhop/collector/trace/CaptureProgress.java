package io.podhop.collector.trace;

import io.podhop.model.ObservationPoint;
import io.podhop.model.PointCoverage;
import io.podhop.model.Trace;
import io.podhop.v1.Packet;
import java.util.List;

/** What a running packet capture tells, in the order it happens; ends with Ended or Refused. */
public sealed interface CaptureProgress {
  /**
   * Every point of every node captures from here on.
   *
   * @param captureId what {@link TraceRunner#endCapture} takes
   */
  record Started(String captureId, List<ObservationPoint> points, List<String> warnings)
      implements CaptureProgress {}

  /**
   * @param packets whose point is an index into those of Started
   */
  record Captured(List<Packet> packets) implements CaptureProgress {}

  /** A connection that was captured from its beginning. */
  record Traced(Trace trace) implements CaptureProgress {}

  /**
   * @param dropped packets that were captured and found no room on their way
   */
  record Ended(Why why, List<PointCoverage> coverage, long dropped, List<String> notes)
      implements CaptureProgress {}

  /** Why a capture ended. */
  enum Why {
    TIME,
    SIZE,
    ASKED,
    AGENT_LOST
  }

  /**
   * @param usage true when the question was wrong, false when it cannot be captured
   */
  record Refused(boolean usage, String sentence) implements CaptureProgress {}
}
