package io.podhop.agent.describe;

import io.podhop.agent.ipam.Exhaustion;
import io.podhop.agent.ipam.IpamEvent;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.ipam.Trouble;
import io.podhop.model.Citation;
import io.podhop.model.NodeDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Why pods got no address lately. */
final class PoolTroubles {
  /** The newest that one answer names. */
  static final int MAX_TROUBLES = 64;

  /** Retries of one pod with the same reason within this are one trouble. */
  private static final Duration RETRY = Duration.ofMinutes(5);

  private PoolTroubles() {}

  static List<NodeDescription.Trouble> of(IpamSnapshot ipam) {
    List<NodeDescription.Trouble> troubles = new ArrayList<>();
    for (IpamEvent.NoAddress failure : ipam.failures()) {
      NodeDescription.Trouble trouble = ofPod(ipam, failure);
      troubles.removeIf(before -> isRetry(before, trouble));
      troubles.add(trouble);
    }
    for (Trouble trouble : ipam.pool().troubles()) {
      if (troubles.stream().noneMatch(known -> cites(known, trouble))) {
        troubles.add(ofNode(trouble));
      }
    }
    troubles.sort(Comparator.comparing(NodeDescription.Trouble::at));
    int left = Math.max(0, troubles.size() - MAX_TROUBLES);
    return List.copyOf(troubles.subList(left, troubles.size()));
  }

  private static NodeDescription.Trouble ofPod(IpamSnapshot ipam, IpamEvent.NoAddress failure) {
    Exhaustion why = ipam.whyNoAddress(failure);
    List<Citation> evidence = new ArrayList<>(why.evidence());
    if (evidence.stream().noneMatch(line -> line.text().contains(failure.reason()))) {
      evidence.addFirst(new Citation(Citation.Source.NOTE, "", 0, failure.reason()));
    }
    String who =
        failure
            .pod()
            .map(Object::toString)
            .orElse(failure.containerId().isEmpty() ? "a pod" : "sandbox " + failure.containerId());
    return new NodeDescription.Trouble(
        failure.at(),
        why.reason(),
        failure.pod(),
        who + " got no address: " + why.sentence(),
        evidence);
  }

  private static boolean isRetry(NodeDescription.Trouble before, NodeDescription.Trouble now) {
    return before.sentence().equals(now.sentence())
        && Duration.between(before.at(), now.at()).abs().compareTo(RETRY) <= 0;
  }

  private static boolean cites(NodeDescription.Trouble known, Trouble trouble) {
    return known.evidence().contains(trouble.first()) || known.evidence().contains(trouble.last());
  }

  private static NodeDescription.Trouble ofNode(Trouble trouble) {
    Exhaustion why = trouble.accuses();
    String times = trouble.count() == 1 ? "" : " (" + trouble.count() + " lines)";
    return new NodeDescription.Trouble(
        trouble.to(), why.reason(), Optional.empty(), why.sentence() + times, why.evidence());
  }
}
