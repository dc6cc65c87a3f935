package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.PointCoverage;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The stages that a connection between two ends has to pass, and who watched each of them.
 *
 * @param stages in request order
 * @param watched points whose capture was armed, by stage
 */
record Path(Ends ends, List<Stage> stages, Map<Stage, List<PointCoverage>> watched) {
  static Path between(Ends ends, Iterable<PointCoverage> armed) {
    Map<Stage, List<PointCoverage>> watched = new EnumMap<>(Stage.class);
    for (PointCoverage point : armed) {
      if (ends.concerns(point.point())) {
        watched.computeIfAbsent(ends.stageOf(point.point()), _ -> new ArrayList<>()).add(point);
      }
    }
    return new Path(ends, stages(ends), watched);
  }

  private static List<Stage> stages(Ends ends) {
    List<Stage> stages = new ArrayList<>();
    if (ends.source().hasPod()) {
      stages.add(Stage.SOURCE_POD);
      stages.add(Stage.SOURCE_VETH);
    }
    if (!ends.onOneNode()) {
      if (ends.source().isKnown()) {
        stages.add(Stage.SOURCE_ENI);
      }
      if (ends.target().isKnown()) {
        stages.add(Stage.DESTINATION_ENI);
      }
    }
    if (ends.target().hasPod()) {
      stages.add(Stage.DESTINATION_VETH);
      stages.add(Stage.DESTINATION_POD);
    }
    return stages;
  }

  List<Stage> stages(Direction direction) {
    return direction == Direction.REQUEST ? stages : stages.reversed();
  }

  /** Every watched point of a stage: a packet may leave a node by any of its ENIs. */
  List<PointCoverage> watchedAt(Stage stage) {
    return watched.getOrDefault(stage, List.of());
  }

  /** The watched points of a stage that the packet should really pass. */
  List<PointCoverage> expectedAt(Stage stage) {
    List<PointCoverage> all = watchedAt(stage);
    String eni = stage.isEni() ? ends.eniAt(stage) : "";
    List<PointCoverage> owning =
        all.stream().filter(p -> p.point().interfaceName().equals(eni)).toList();
    return owning.isEmpty() ? all : owning;
  }

  /** Whether the last stage of the path is where the request is to be answered. */
  boolean endsAtTarget() {
    return ends.target().isKnown();
  }
}
