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
    String mode,
    long ringBytes,
    long tableConnections,
    Map<String, Long> evicted) {}
