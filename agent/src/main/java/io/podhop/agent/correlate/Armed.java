package io.podhop.agent.correlate;

import io.podhop.model.Coverage;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodRef;
import io.podhop.model.PointCoverage;
import io.podhop.model.Role;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The points that a capture watched, in the order of their indexes, with what each was able to see.
 */
public record Armed(List<PointCoverage> points) {
  public Armed {
    points = List.copyOf(points);
  }

  ObservationPoint point(int index) {
    return points.get(index).point();
  }

  Optional<ObservationPoint> of(PodRef pod, Role role) {
    return with(role).filter(point -> point.owner().equals(pod.toString())).findFirst();
  }

  Optional<ObservationPoint> eni(String interfaceName) {
    return with(Role.ENI).filter(point -> point.interfaceName().equals(interfaceName)).findFirst();
  }

  Coverage coverage(ObservationPoint point) {
    return points.stream()
        .filter(covered -> covered.point().equals(point))
        .map(PointCoverage::coverage)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("never armed: " + point.label()));
  }

  private Stream<ObservationPoint> with(Role role) {
    return points.stream().map(PointCoverage::point).filter(point -> point.role() == role);
  }
}
