package io.podhop.agent.evidence;

import io.podhop.model.FlowKey;
import java.time.Instant;

/**
 * The network policy agent said that it denied a packet.
 *
 * @param at when it said so, a moment after the packet
 * @param tuple of the packet, as the agent saw it on the host veth
 * @param line the log's line
 */
record PolicyVerdict(Instant at, FlowKey tuple, String line) {}
