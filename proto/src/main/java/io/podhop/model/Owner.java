package io.podhop.model;

import java.time.Instant;
import java.util.Optional;

/** Who held an address at an instant. */
public sealed interface Owner {
  /**
   * A pod.
   *
   * @param workload the Deployment, StatefulSet or the like behind it: what becomes {@code
   *     service.name}
   * @param eniInterface the ENI the address belongs to by ipamd's word ({@code eth1}); empty when
   *     unknown
   * @param since when ipamd gave it the address, when known
   */
  record Pod(PodRef ref, String workload, String node, String eniInterface, Optional<Instant> since)
      implements Owner {}

  /** A node: the primary address of one of its ENIs. */
  record Node(String name, String eniInterface) implements Owner {}

  /** A Kubernetes service's virtual address. */
  record Service(String namespace, String name, String portName) implements Owner {}

  /** An address outside the cluster; {@code name} is the host name asked for, or empty. */
  record External(String name) implements Owner {}

  /** Inside the VPC's ranges, but nobody we know. */
  record Unknown() implements Owner {}

  /** For people: {@code shop/web-0}, {@code node-a}, {@code svc shop/db}, {@code external}. */
  default String label() {
    return switch (this) {
      case Pod pod -> pod.ref().toString();
      case Node node -> node.name();
      case Service service -> "svc " + service.namespace() + "/" + service.name();
      case External external -> external.name().isEmpty() ? "external" : external.name();
      case Unknown _ -> "unknown";
    };
  }

  /** What OpenTelemetry's {@code service.name} should be for this owner; empty when unknown. */
  default String workloadName() {
    return switch (this) {
      case Pod pod -> pod.workload();
      case Node node -> node.name();
      case Service service -> service.name();
      case External external -> external.name();
      case Unknown _ -> "";
    };
  }
}
