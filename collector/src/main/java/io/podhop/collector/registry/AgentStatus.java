package io.podhop.collector.registry;

import io.podhop.model.NodeInventory;
import java.util.Optional;

/**
 * One node as last heard.
 *
 * @param inventory absent until the agent has sent one
 * @param lastHeardNs epoch nanoseconds on the collector's clock
 */
public record AgentStatus(
    String node,
    String version,
    boolean connected,
    long lastHeardNs,
    Optional<NodeInventory> inventory) {}
