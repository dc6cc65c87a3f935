package io.podhop.agent.metrics;

import io.podhop.model.Endpoint;
import io.podhop.model.Owner;

/**
 * One end of a pair as labels.
 *
 * @param namespace Kubernetes namespace; empty for what is in none
 * @param name a workload, service, node or host; {@code external} and {@code unknown} stand for all
 *     that have no name
 */
record Party(String namespace, String name) {
  static final Party OTHER = new Party("", "other");

  static Party of(Endpoint end) {
    return switch (end.owner()) {
      case Owner.Pod pod -> new Party(pod.ref().namespace(), pod.workload());
      case Owner.Service service -> new Party(service.namespace(), service.name());
      case Owner.Node node -> new Party("", node.name());
      case Owner.External external ->
          new Party("", external.name().isEmpty() ? "external" : external.name());
      case Owner.Unknown _ -> new Party("", "unknown");
    };
  }

  /** As in {@link io.podhop.model.PairTotals}: {@code namespace/name}, or the name alone. */
  String label() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
