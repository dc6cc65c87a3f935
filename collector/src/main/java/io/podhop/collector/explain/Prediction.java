package io.podhop.collector.explain;

import io.podhop.model.DnatChoice;
import io.podhop.model.Explanation;
import io.podhop.model.FlowKey;
import java.util.Collection;
import java.util.List;

/**
 * The ways of a connection, one for each endpoint that rules choose among.
 *
 * @param assumed to the endpoint that the nodes assume, or the only one
 * @param others to the endpoints that may be chosen as well
 */
public record Prediction(Explanation assumed, List<To> others) {
  /** The way when that endpoint is chosen. */
  public record To(DnatChoice choice, Explanation way) {
    private boolean wasSeen(FlowKey request) {
      return request.destination().equals(choice.address())
          && (request.protocol().isIcmp() || request.destinationPort() == choice.port());
    }
  }

  public Prediction {
    others = List.copyOf(others);
  }

  /**
   * The way to the endpoint that really was chosen.
   *
   * @param requests tuples that requests of the connection had anywhere
   */
  public Explanation by(Collection<FlowKey> requests) {
    return others.stream()
        .filter(other -> requests.stream().anyMatch(other::wasSeen))
        .map(To::way)
        .findFirst()
        .orElse(assumed);
  }
}
