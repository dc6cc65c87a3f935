package io.podhop.agent.route;

import io.podhop.model.IpAddress;

/**
 * A packet as the routing policy sees it.
 *
 * @param fwmark the packet's mark; 0 when it has none
 * @param inInterface where it came in, such as a pod's host veth; empty or {@code lo} for packets
 *     of the node itself
 */
public record RouteQuery(IpAddress source, IpAddress destination, int fwmark, String inInterface) {}
