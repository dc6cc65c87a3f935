package io.podhop.agent.linux;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes an answer apart, datagram by datagram, until the kernel says that it is complete. */
final class NetlinkReply {
  private static final int NLMSG_NOOP = 1;
  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int NLMSG_OVERRUN = 4;
  private static final int NLM_F_DUMP_INTR = 0x10;
  private static final int MESSAGE_BOUND = 4_000_000;

  private final String what;
  private final int sequence;
  private final NetlinkVisitor visitor;
  private int messages;
  private boolean complete;
  private boolean interrupted;

  /**
   * @param sequence of the request; messages with another one are left-overs and skipped; 0 takes
   *     everything, for events
   */
  NetlinkReply(String what, int sequence, NetlinkVisitor visitor) {
    this.what = what;
    this.sequence = sequence;
    this.visitor = visitor;
  }

  boolean complete() {
    return complete;
  }

  /** Whether the kernel's table changed during the dump. */
  boolean interrupted() {
    return interrupted;
  }

  /**
   * @param datagram position 0 to limit, in host byte order
   * @throws LinuxException when the kernel answered with an error
   */
  void accept(ByteBuffer datagram) throws IOException {
    int at = 0;
    while (datagram.limit() - at >= NetlinkRequest.HEADER_BYTES && !complete) {
      int length = datagram.getInt(at);
      if (length < NetlinkRequest.HEADER_BYTES || length > datagram.limit() - at) {
        throw new MalformedNetlinkException(
            what
                + ": message of "
                + length
                + " bytes where "
                + (datagram.limit() - at)
                + " are left");
      }
      ByteBuffer payload =
          datagram
              .slice(at + NetlinkRequest.HEADER_BYTES, length - NetlinkRequest.HEADER_BYTES)
              .order(datagram.order());
      accept(
          new NetlinkMessage(
              Short.toUnsignedInt(datagram.getShort(at + 4)),
              Short.toUnsignedInt(datagram.getShort(at + 6)),
              datagram.getInt(at + 8),
              payload));
      at += length + 3 & ~3;
    }
  }

  private void accept(NetlinkMessage message) throws IOException {
    if (sequence != 0 && message.sequence() != sequence) {
      return;
    }
    interrupted |= (message.flags() & NLM_F_DUMP_INTR) != 0;
    switch (message.type()) {
      case NLMSG_NOOP -> {}
      case NLMSG_ERROR, NLMSG_DONE -> finish(message);
      case NLMSG_OVERRUN -> throw new LinuxException(what, LinuxException.ENOBUFS);
      default -> {
        if (++messages > MESSAGE_BOUND) {
          throw new IOException(what + ": more than " + MESSAGE_BOUND + " messages");
        }
        visitor.message(message);
      }
    }
  }

  private void finish(NetlinkMessage message) throws IOException {
    int result = message.payload().limit() >= 4 ? message.payload().getInt(0) : 0;
    if (result < 0) {
      int errno = -result;
      String advice = errno == LinuxException.EPERM ? "needs CAP_NET_ADMIN" : "";
      throw new LinuxException(what, errno, advice);
    }
    complete = true;
  }
}
