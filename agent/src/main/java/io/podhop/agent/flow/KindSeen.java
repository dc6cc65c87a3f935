package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.PacketKind;

/**
 * The first packet of a kind at a point, and how many there were.
 *
 * @param tuple in the packet's own direction; of an ICMP error the error's own addresses
 * @param firstNs epoch nanoseconds of the first one
 * @param copies packets of this kind, up to 65535; more than one SYN is a retransmission
 */
public record KindSeen(
    Direction direction, PacketKind kind, FlowKey tuple, long firstNs, int copies) {}
