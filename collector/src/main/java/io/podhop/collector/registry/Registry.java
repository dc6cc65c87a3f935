package io.podhop.collector.registry;

import io.podhop.model.NodeInventory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Agents by node. A node whose agent has gone is remembered, so that a name on it is refused as
 * dead and not as unknown. Thread-safe.
 */
public final class Registry {
  /** Nodes remembered; a cluster beyond this needs more than one collector. */
  static final int MAX_NODES = 5_000;

  private final InstantSource clock;
  private final TreeMap<String, Entry> entries = new TreeMap<>();

  public Registry(InstantSource clock) {
    this.clock = clock;
  }

  /** What became of a registration. */
  public sealed interface Registration {
    /** The agent owns its node until it is released. */
    record Accepted() implements Registration {}

    record Refused(String sentence) implements Registration {}
  }

  private static final class Entry {
    private Object connection;
    private String version;
    private boolean connected = true;
    private long lastHeardNs;
    private Optional<NodeInventory> inventory = Optional.empty();

    Entry(Object connection, String version, long nowNs) {
      this.connection = connection;
      this.version = version;
      this.lastHeardNs = nowNs;
    }
  }

  /**
   * Registers an agent for its node. A living agent is never displaced.
   *
   * @param connection what tells this agent from another one of the same node
   */
  public synchronized Registration register(String node, String version, Object connection) {
    if (node.isBlank()) {
      return new Registration.Refused("an agent must name its node: start it with --node NAME");
    }
    Entry entry = entries.get(node);
    if (entry == null) {
      if (entries.size() >= MAX_NODES && !forgetDead()) {
        return new Registration.Refused("this collector already has " + MAX_NODES + " nodes");
      }
      entries.put(node, new Entry(connection, version, nowNs()));
      return new Registration.Accepted();
    }
    if (entry.connected) {
      return new Registration.Refused(
          "node "
              + node
              + " already has an agent, last heard "
              + ago(entry.lastHeardNs)
              + ": stop it, or give this one another --node");
    }
    entry.connection = connection;
    entry.version = version;
    entry.connected = true;
    entry.lastHeardNs = nowNs();
    return new Registration.Accepted();
  }

  private boolean forgetDead() {
    return entries.entrySet().stream()
        .filter(e -> !e.getValue().connected)
        .min((a, b) -> Long.compare(a.getValue().lastHeardNs, b.getValue().lastHeardNs))
        .map(oldest -> entries.remove(oldest.getKey()) != null)
        .orElse(false);
  }

  /** Notes that the agent of a node spoke. */
  public synchronized void heard(String node, Object connection) {
    Entry entry = entries.get(node);
    if (entry != null && entry.connection.equals(connection)) {
      entry.lastHeardNs = nowNs();
    }
  }

  public synchronized void update(String node, Object connection, NodeInventory inventory) {
    Entry entry = entries.get(node);
    if (entry != null && entry.connection.equals(connection)) {
      entry.inventory = Optional.of(inventory);
      entry.lastHeardNs = nowNs();
    }
  }

  /** The agent's connection has ended; does nothing when another agent has taken the node since. */
  public synchronized void release(String node, Object connection) {
    Entry entry = entries.get(node);
    if (entry != null && entry.connection.equals(connection)) {
      entry.connected = false;
    }
  }

  /** Every node in the order of their names. */
  public synchronized List<AgentStatus> nodes() {
    return entries.entrySet().stream()
        .map(
            e ->
                new AgentStatus(
                    e.getKey(),
                    e.getValue().version,
                    e.getValue().connected,
                    e.getValue().lastHeardNs,
                    e.getValue().inventory))
        .toList();
  }

  /** When something was heard, for people: {@code 12 s ago}. */
  public String ago(long heardNs) {
    Duration age = Duration.ofNanos(Math.max(0, nowNs() - heardNs));
    if (age.toSeconds() < 120) {
      return age.toSeconds() + " s ago";
    }
    return age.toHours() < 2 ? age.toMinutes() + " min ago" : age.toHours() + " h ago";
  }

  private long nowNs() {
    Instant now = clock.instant();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }
}
