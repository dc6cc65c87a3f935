package io.podhop.cli.client;

import io.podhop.model.NodeInventory;

/**
 * A node as the collector knows it.
 *
 * @param lastHeardNs epoch nanoseconds
 */
public record KnownNode(
    NodeInventory inventory, boolean connected, long lastHeardNs, String version) {}
