package io.podhop.agent.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One message of the kernel (netlink(7)).
 *
 * @param type as in {@code nlmsg_type}: for NETLINK_NETFILTER, subsystem and message
 * @param payload what follows the {@code nlmsghdr}, in host byte order, position 0
 */
public record NetlinkMessage(int type, int flags, int sequence, ByteBuffer payload) {
  /** The same message with bytes of its own, which outlive the visit. */
  public NetlinkMessage copy() {
    ByteBuffer copy = ByteBuffer.allocate(payload.remaining()).order(ByteOrder.nativeOrder());
    copy.put(payload.duplicate()).flip();
    return new NetlinkMessage(type, flags, sequence, copy);
  }

  /**
   * The attributes behind a protocol header.
   *
   * @param headerBytes size of the header at the payload's start, such as 4 for {@code nfgenmsg}
   */
  public NetlinkAttributes attributes(int headerBytes) throws MalformedNetlinkException {
    if (payload.limit() < headerBytes) {
      throw new MalformedNetlinkException(
          "message of type " + type + " has only " + payload.limit() + " bytes");
    }
    return NetlinkAttributes.parse(
        payload.slice(headerBytes, payload.limit() - headerBytes).order(payload.order()));
  }
}
