package io.podhop.model;

import java.util.List;

/**
 * The way that packets between two ends should take, there and back, by what the nodes know.
 *
 * @param legs in packet order: the request's, then the reply's
 * @param verdict what should become of a connection; never proven, for nothing was sent
 * @param notes what could not be known, and what follows from it
 */
public record Explanation(
    Endpoint source,
    Endpoint destination,
    Protocol protocol,
    List<PredictedLeg> legs,
    Verdict verdict,
    List<String> notes) {
  public Explanation {
    legs = List.copyOf(legs);
    notes = List.copyOf(notes);
  }
}
