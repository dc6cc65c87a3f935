package io.podhop.agent;

import java.util.Map;

/**
 * The always-on capture's own numbers at one moment; all but gauges only grow.
 *
 * @param received packets by mode, {@code headers} and {@code edges}
 * @param droppedByKernel packets lost for want of ring space, closed points included
 * @param droppedByAgent packets lost at bounds of our own
 * @param undecoded packets by decode status in lower case
 * @param points open now
 * @param opened points since start, and so on
 * @param mode in force: {@code headers}, {@code edges} or {@code off}
 * @param ringBytes of all rings together
 * @param tableConnections in the flow table now
 * @param evicted connections by class
 */
record CaptureNumbers(
    Map<String, Long> received,
    long droppedByKernel,
    long droppedByAgent,
    Map<String, Long> undecoded,
    int points,
    long opened,
    long closed,
    long failed,
    String mode,
    long ringBytes,
    long tableConnections,
    Map<String, Long> evicted) {
  /** Nothing is captured. */
  static final CaptureNumbers NONE =
      new CaptureNumbers(Map.of(), 0, 0, Map.of(), 0, 0, 0, 0, "off", 0, 0, Map.of());
}
