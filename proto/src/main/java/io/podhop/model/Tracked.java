package io.podhop.model;

/**
 * What conntrack holds of a connection on one node.
 *
 * @param before the connection as it entered the node, in request direction
 * @param after the same as it left the node: source and destination may have been rewritten
 * @param mark the connection's mark, which CONNMARK rules restore on later packets
 */
public record Tracked(FlowKey before, FlowKey after, int mark) {}
