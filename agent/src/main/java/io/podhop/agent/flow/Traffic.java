package io.podhop.agent.flow;

/**
 * All that passed in one direction.
 *
 * @param payloadBytes above the transport header, retransmissions included
 * @param mss the MSS option of the SYN or SYN-ACK; -1 when none was seen
 */
public record Traffic(long packets, long payloadBytes, int mss) {}
