package io.podhop.model;

import java.util.List;

/**
 * One connection, stitched from the segments of the nodes that saw it.
 *
 * @param hops in packet order, on the source node's clock: requests first, then replies
 * @param translations in the order of the nodes that made them, without {@link Translation.None}
 * @param handshakeNs first packet to its answer at the first point; 0 when not answered
 * @param retransmits copies of opening packets beyond the first, at the first point
 * @param offset how far the destination node's clock is ahead of the source node's
 * @param missingNodes nodes that should have spoken and did not
 * @param predicted the way it should have taken, in packet order; empty when nobody was asked
 */
public record Trace(
    String traceId,
    Identity identity,
    long startNs,
    Endpoint source,
    Endpoint destination,
    FlowKey client,
    FlowKey wire,
    List<Hop> hops,
    List<Translation> translations,
    long handshakeNs,
    int retransmits,
    ClockOffset offset,
    List<String> missingNodes,
    Verdict verdict,
    List<PredictedLeg> predicted) {
  public Trace {
    hops = List.copyOf(hops);
    translations = List.copyOf(translations);
    missingNodes = List.copyOf(missingNodes);
    predicted = List.copyOf(predicted);
  }
}
