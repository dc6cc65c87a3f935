package io.podhop.agent.linux;

import io.podhop.model.IpAddress;

/**
 * An ICMP message that concerns an echo of ours: its reply, or an error that quotes it.
 *
 * @param from who sent it
 * @param type of ICMP or ICMPv6: see {@link #isEchoReply()}
 * @param identifier of the echo, also when it was quoted in an error
 * @param sequence of the echo, also when it was quoted in an error
 * @param timeToLive TTL of an IPv4 reply as received; 0 for IPv6
 */
public record IcmpMessage(
    IpAddress from, int type, int code, int identifier, int sequence, int timeToLive) {
  /** Whether this is the answer and not an error. */
  public boolean isEchoReply() {
    return type == (from.isIpv4() ? IcmpCodec.ECHO_REPLY : IcmpCodec.ECHO_REPLY_V6);
  }
}
