package io.podhop.cli.render;

import io.podhop.model.NodeInventory;
import java.time.Instant;

/**
 * A node as the collector knows it.
 *
 * @param connected whether its agent holds a stream to the collector now
 * @param lastHeard when the agent last said anything
 * @param version of the agent
 */
public record NodeReport(
    NodeInventory inventory, boolean connected, Instant lastHeard, String version) {}
