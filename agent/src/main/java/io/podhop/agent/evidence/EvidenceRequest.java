package io.podhop.agent.evidence;

import io.podhop.model.ObservationPoint;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What to look at while a trace runs.
 *
 * @param points that are captured
 * @param pods of the path
 * @param destinations those among them that the packets are for
 * @param ports that they may arrive at, after every translation; none: their sockets are not asked
 *     for
 */
public record EvidenceRequest(
    List<ObservationPoint> points,
    List<PodPlace> pods,
    List<PodPlace> destinations,
    Protocol protocol,
    Set<Integer> ports) {
  public EvidenceRequest {
    points = List.copyOf(points);
    pods = List.copyOf(pods);
    destinations = List.copyOf(destinations);
    ports = Set.copyOf(ports);
  }

  /** Names of all interfaces, in the node's and in pods' namespaces. */
  Set<String> devices() {
    return points.stream().map(ObservationPoint::interfaceName).collect(Collectors.toSet());
  }

  Set<String> nodeInterfaces() {
    return points.stream()
        .filter(point -> point.role() != Role.POD_ETH0)
        .map(ObservationPoint::interfaceName)
        .collect(Collectors.toSet());
  }

  List<String> enis() {
    return points.stream()
        .filter(point -> point.role() == Role.ENI)
        .map(ObservationPoint::interfaceName)
        .toList();
  }
}
