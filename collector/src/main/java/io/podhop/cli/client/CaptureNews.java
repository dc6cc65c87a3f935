package io.podhop.cli.client;

import io.podhop.model.ObservationPoint;
import io.podhop.model.PointCoverage;
import io.podhop.model.Trace;
import java.nio.ByteBuffer;
import java.util.List;

/** What the collector says while it captures, in the order it says it. */
public sealed interface CaptureNews {
  /**
   * Every point captures from here on.
   *
   * @param captureId what {@link CollectorClient#endCapture} takes
   */
  record Started(String captureId, List<ObservationPoint> points, List<String> warnings)
      implements CaptureNews {}

  record Captured(List<Packet> packets) implements CaptureNews {}

  /**
   * A packet as one point saw it.
   *
   * @param point index into those of Started
   * @param data its first bytes; read-only
   */
  record Packet(int point, long timeNs, int wireLength, ByteBuffer data) {}

  /** A connection that was captured from its beginning. */
  record Traced(Trace trace) implements CaptureNews {}

  /**
   * The last word.
   *
   * @param dropped packets that were captured and found no room on their way
   */
  record Ended(Why why, List<PointCoverage> coverage, long dropped, List<String> notes)
      implements CaptureNews {}

  /** Why a capture ended. */
  enum Why {
    TIME,
    SIZE,
    ASKED,
    AGENT_LOST
  }

  /** The last word when nothing could be captured. */
  record Refused(TraceNews.Reason reason, String message) implements CaptureNews {}
}
