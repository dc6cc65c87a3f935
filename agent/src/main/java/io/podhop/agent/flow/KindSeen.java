package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.PacketKind;

/**
 * The first packet of a kind at a point, and how many there were.
 *
 * @param tuple in the packet's own direction; of an ICMP error the error's own addresses
 * @param firstNs epoch nanoseconds of the first one
 * @param copies packets of this kind; more than one SYN is a retransmission
 * @param sequence TCP sequence number; -1 when not TCP
 * @param acknowledgment TCP acknowledgment number; -1 when not TCP
 * @param ipId IPv4 identification, or an IPv6 fragment's; -1 when there is none
 * @param lengthBytes length of the IP packet
 */
public record KindSeen(
    Direction direction,
    PacketKind kind,
    FlowKey tuple,
    long firstNs,
    int copies,
    long sequence,
    long acknowledgment,
    long ipId,
    int ttl,
    int lengthBytes) {}
