package io.podhop.agent.cri;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.podhop.agent.cri.v1.PodSandbox;
import io.podhop.agent.cri.v1.PodSandboxMetadata;
import io.podhop.agent.cri.v1.PodSandboxState;
import io.podhop.agent.cri.v1.PodSandboxStatusRequest;
import io.podhop.agent.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Joins one list of sandboxes with the status of each, asking only for those not known yet. */
final class SandboxScan {
  private static final Comparator<PodSandbox> RUNNING_THEN_YOUNGEST =
      Comparator.comparing(PodSandbox::getState)
          .thenComparing(Comparator.comparingLong(PodSandbox::getCreatedAt).reversed());

  private final RuntimeServiceBlockingStub runtime;
  private final Map<String, SandboxNetwork> before;
  private final Map<String, SandboxNetwork> networks = new HashMap<>();
  private final List<Sandbox> sandboxes = new ArrayList<>();
  private final List<String> unreadable = new ArrayList<>();
  private int beyondBound;
  private int unanswered;
  private @Nullable Status firstFailure;

  /**
   * @param before the networks of the scan before, by sandbox id
   */
  SandboxScan(RuntimeServiceBlockingStub runtime, Map<String, SandboxNetwork> before) {
    this.runtime = runtime;
    this.before = before;
  }

  /** Takes up to {@code bound} sandboxes: the running ones first, then the youngest. */
  void addAll(List<PodSandbox> listed, int bound) {
    beyondBound = Math.max(0, listed.size() - bound);
    listed.stream().sorted(RUNNING_THEN_YOUNGEST).limit(bound).forEach(this::add);
  }

  private void add(PodSandbox listed) {
    boolean ready = listed.getState() == PodSandboxState.SANDBOX_READY;
    SandboxNetwork network = before.get(listed.getId());
    if (network == null || ready && !network.isFinal()) {
      try {
        network = ask(listed.getId());
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
          return;
        }
        unanswered++;
        firstFailure = firstFailure == null ? e.getStatus() : firstFailure;
      }
    }
    if (network != null) {
      networks.put(listed.getId(), network);
      unreadable.addAll(network.unreadable());
    }
    sandboxes.add(sandbox(listed, ready, network == null ? SandboxNetwork.UNKNOWN : network));
  }

  private SandboxNetwork ask(String id) {
    return SandboxNetwork.of(
        runtime.podSandboxStatus(
            PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).setVerbose(true).build()));
  }

  private static Sandbox sandbox(PodSandbox listed, boolean ready, SandboxNetwork network) {
    PodSandboxMetadata metadata = listed.getMetadata();
    return new Sandbox(
        listed.getId(),
        new PodRef(metadata.getNamespace(), metadata.getName()),
        metadata.getUid(),
        listed.getLabelsMap(),
        network.addresses(),
        ready,
        Instant.ofEpochSecond(0, listed.getCreatedAt()),
        network.netnsPath());
  }

  /** For the next scan: of the sandboxes of this one, and no others. */
  Map<String, SandboxNetwork> networks() {
    return networks;
  }

  CriSnapshot snapshot(Failures failures) {
    List<String> warnings = new ArrayList<>();
    if (beyondBound > 0) {
      warnings.add(failures.tooMany(sandboxes.size(), beyondBound));
    }
    if (firstFailure != null) {
      warnings.add(failures.withoutStatus(unanswered, sandboxes.size(), firstFailure));
    }
    if (!unreadable.isEmpty()) {
      warnings.add(failures.unreadable(unreadable));
    }
    return new CriSnapshot(sandboxes, warnings);
  }
}
