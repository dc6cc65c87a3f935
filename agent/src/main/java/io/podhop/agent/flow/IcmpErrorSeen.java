package io.podhop.agent.flow;

import io.podhop.model.IpAddress;

/**
 * The first ICMP or ICMPv6 error about a connection.
 *
 * @param sender who refused or could not forward
 * @param mtu the next hop's MTU; -1 unless the packet was too big
 */
public record IcmpErrorSeen(IpAddress sender, int type, int code, long mtu) {}
