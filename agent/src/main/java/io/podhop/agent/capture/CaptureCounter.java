package io.podhop.agent.capture;

/** What a capture loop counts. */
public enum CaptureCounter {
  /** Frames whose handler threw: lost to the evidence, and the others went on. */
  HANDLER_FAILURES,
  /** Ticks that threw. */
  TICK_FAILURES,
  /** Sources taken on. */
  SOURCES_ADDED,
  /** Sources refused because the loop was full or closed. */
  SOURCES_REFUSED,
  /** Sources that ended because somebody removed them, or closed the loop. */
  SOURCES_REMOVED,
  /** Sources whose interface or namespace vanished. */
  SOURCES_GONE,
  /** Sources that ended because they could not be read. */
  SOURCES_FAILED,
  /** Files read to their end. */
  SOURCES_READ_TO_END
}
