package io.podhop.agent.cri;

import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A pod sandbox: what holds a pod's network namespace, and the container id that ipamd and the CNI
 * plugin write.
 *
 * @param uid of the Kubernetes object
 * @param labels of the pod, with those that the kubelet adds
 * @param addresses the pod's own; empty on the node's network and, when the sandbox was stopped
 *     before it was first asked about, unknown
 * @param ready whether it runs; one that does not may name an address that another pod has by now
 * @param netnsPath its network namespace in the runtime's mount namespace; empty when the runtime
 *     does not say
 */
public record Sandbox(
    String id,
    PodRef ref,
    String uid,
    Map<String, String> labels,
    List<IpAddress> addresses,
    boolean ready,
    Instant created,
    String netnsPath) {
  public Sandbox {
    labels = Map.copyOf(labels);
    addresses = List.copyOf(addresses);
  }

  /**
   * The workload's name by label: the recommended {@code app.kubernetes.io/name}, else the
   * customary {@code app}.
   */
  public Optional<String> workload() {
    return Stream.of("app.kubernetes.io/name", "app")
        .map(key -> labels.getOrDefault(key, ""))
        .filter(name -> !name.isBlank())
        .findFirst();
  }
}
