package io.podhop.model;

import java.util.List;

/**
 * A point that a packet should pass.
 *
 * @param packet the tuple it should have there, in its own direction
 * @param why the rules, routes and chains that lead it there
 */
public record PredictedHop(ObservationPoint point, FlowKey packet, List<Citation> why) {
  public PredictedHop {
    why = List.copyOf(why);
  }
}
