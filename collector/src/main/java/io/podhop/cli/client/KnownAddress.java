package io.podhop.cli.client;

import io.podhop.model.AddressHistory;
import java.util.List;

/**
 * What all nodes know of an address or pod.
 *
 * @param nodes one history of each that answered
 * @param silentNodes those that did not, with the reason: {@code node-b: it is not connected}
 */
public record KnownAddress(List<AddressHistory> nodes, List<String> silentNodes) {}
