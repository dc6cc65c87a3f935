package io.podhop.collector.trace;

import io.podhop.collector.registry.Source;
import io.podhop.v1.Arm;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.PacketCapture;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The pods found, by the nodes they are on, and what each agent concerned is told. */
record CapturePlan(CaptureAsk ask, Map<String, Set<String>> podsByNode) {
  /** How long an agent stays armed beyond the time asked for: to arm, to finish, to ship. */
  private static final Duration GRACE = Duration.ofSeconds(20);

  static CapturePlan of(CaptureAsk ask, List<Source> pods) {
    Map<String, Set<String>> byNode = new LinkedHashMap<>();
    for (Source pod : pods) {
      byNode.computeIfAbsent(pod.node(), _ -> new LinkedHashSet<>()).add(pod.pod());
    }
    return new CapturePlan(ask, byNode);
  }

  List<String> nodes() {
    return List.copyOf(podsByNode.keySet());
  }

  CollectorMessage arm(String requestId, String node) {
    return CollectorMessage.newBuilder()
        .setArm(
            Arm.newBuilder()
                .setRequestId(requestId)
                .addAllPods(podsByNode.getOrDefault(node, Set.of()))
                .setMaxMs((int) ask.time().plus(GRACE).toMillis())
                .setPackets(
                    PacketCapture.newBuilder()
                        .setSnapshotBytes(ask.snapshotBytes())
                        .setMaxBytes(ask.maxBytes())
                        .setFilter(ask.filter())))
        .build();
  }
}
