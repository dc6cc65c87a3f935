package io.podhop.agent.ipam;

import io.podhop.model.PodRef;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What requests say about pod sandboxes, by container id. Bounded; forgets who was not asked. */
final class Sandboxes {
  private static final int MAX_SANDBOXES = 16_384;

  private final Map<String, Sandbox> sandboxes = bounded();
  private final Map<String, String> containerByNetns = bounded();

  /** What requests said about a sandbox, and the holdings it has. */
  static final class Sandbox {
    Optional<PodRef> pod = Optional.empty();
    String interfaceName = "";
    String hostVeth = "";

    /** Its last request was a DEL. */
    boolean leaving;

    final List<Holding> holdings = new ArrayList<>(1);
  }

  Sandbox get(String containerId) {
    return sandboxes.computeIfAbsent(containerId, _ -> new Sandbox());
  }

  String containerOf(String netnsPath) {
    return containerByNetns.getOrDefault(netnsPath, "");
  }

  void named(IpamEvent.SandboxNamed event) {
    Sandbox sandbox = get(event.containerId());
    sandbox.leaving = false;
    if (event.pod().isPresent()) {
      sandbox.pod = event.pod();
    }
    if (!event.interfaceName().isEmpty()) {
      sandbox.interfaceName = event.interfaceName();
    }
    if (!event.netnsPath().isEmpty()) {
      containerByNetns.put(event.netnsPath(), event.containerId());
    }
    sandbox.holdings.forEach(h -> h.learn(sandbox.pod, sandbox.interfaceName));
  }

  /** The sandbox as it leaves, for who must end its holdings. */
  Sandbox deleted(IpamEvent.DelRequested event) {
    Sandbox sandbox = get(event.containerId());
    sandbox.leaving = true;
    if (sandbox.pod.isEmpty()) {
      sandbox.pod = event.pod();
    }
    return sandbox;
  }

  /** Tells a holding what is known of its sandbox, and the sandbox that it has it. */
  void attach(Holding holding) {
    if (holding.containerId.isEmpty()) {
      return;
    }
    Sandbox sandbox = get(holding.containerId);
    sandbox.holdings.add(holding);
    holding.learn(sandbox.pod, sandbox.interfaceName);
    if (holding.hostVeth.isEmpty()) {
      holding.hostVeth = sandbox.hostVeth;
    }
  }

  private static <V> Map<String, V> bounded() {
    return new LinkedHashMap<>(64, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > MAX_SANDBOXES;
      }
    };
  }
}
