package io.podhop.collector.registry;

import io.podhop.model.Endpoint;
import io.podhop.model.IpAddress;
import java.util.List;
import java.util.Set;

/**
 * Where a trace goes.
 *
 * @param endpoint what the probe is sent to
 * @param targets pods and nodes that may answer: the endpoint itself or a service's endpoints
 * @param addresses every address the destination may have, before and after NAT
 * @param ports every port it may have, before and after NAT
 * @param warnings what the person should know before reading the result
 */
public record Destination(
    Endpoint endpoint,
    List<Endpoint> targets,
    Set<IpAddress> addresses,
    Set<Integer> ports,
    List<String> warnings) {
  public Destination {
    targets = List.copyOf(targets);
    addresses = Set.copyOf(addresses);
    ports = Set.copyOf(ports);
    warnings = List.copyOf(warnings);
  }
}
