package io.podhop.collector.control;

import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.collector.registry.AgentStatus;
import io.podhop.collector.registry.Registry;
import io.podhop.model.NodeInventory;
import io.podhop.model.PeerNode;
import io.podhop.v1.CollectorMessage;
import io.podhop.wire.PeerCodec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tells every agent who is on the other nodes, so that both name the two ends of a connection
 * alike. Looks at all nodes at each call and tells what has changed since the last. One thread
 * calls it.
 */
public final class PeerNews {
  /** A node whose agent has gone is still named for so long: its pods go on. */
  static final Duration REMEMBERED = Duration.ofMinutes(10);

  /** Pods of one node that are told; the largest instances have room for 737. */
  static final int MAX_PODS = 1_000;

  private static final long SECOND_NS = 1_000_000_000L;

  private final Registry registry;
  private final Agents agents;
  private final Counters counters;
  private final InstantSource clock;
  private final Map<String, Basis> told = new HashMap<>();

  public PeerNews(Registry registry, Agents agents, Counters counters, InstantSource clock) {
    this.registry = registry;
    this.agents = agents;
    this.counters = counters;
    this.clock = clock;
  }

  /** What a message was made of; equal as long as the agent has sent nothing new. */
  private record Basis(NodeInventory inventory, boolean countsFlows) {}

  public void tell() {
    Map<String, Basis> now = current();
    Map<String, CollectorMessage> changed = new LinkedHashMap<>();
    now.forEach(
        (node, basis) -> {
          if (!basis.equals(told.get(node))) {
            changed.put(node, message(peer(node, basis)));
          }
        });
    Set<String> forgotten = new TreeSet<>(told.keySet());
    forgotten.removeAll(now.keySet());
    told.clear();
    told.putAll(now);
    agents.tell(changed, forgotten);
  }

  private Map<String, Basis> current() {
    long oldestNs = clock.instant().minus(REMEMBERED).getEpochSecond() * SECOND_NS;
    Map<String, Basis> current = new LinkedHashMap<>();
    for (AgentStatus status : registry.nodes()) {
      Optional<NodeInventory> inventory =
          status.inventory().filter(_ -> status.connected() || status.lastHeardNs() >= oldestNs);
      inventory.ifPresent(
          known -> current.put(status.node(), new Basis(known, agents.countsFlows(status.node()))));
    }
    return current;
  }

  /** Under the name that the agent registered with, whatever its inventory says. */
  private PeerNode peer(String node, Basis basis) {
    PeerNode all = PeerNode.of(basis.inventory, basis.countsFlows);
    int left = all.pods().size() - MAX_PODS;
    if (left > 0) {
      counters.add(CollectorCounter.PEERS_NOT_TOLD, left);
    }
    return new PeerNode(
        node, all.pods().stream().limit(MAX_PODS).toList(), all.enis(), all.countsFlows());
  }

  static CollectorMessage message(PeerNode peer) {
    return CollectorMessage.newBuilder().setPeers(PeerCodec.encode(peer)).build();
  }
}
