package io.podhop.agent.linux;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A netlink socket (netlink(7)). It belongs to the network namespace it was opened in and may be
 * used from any thread afterwards, by one at a time. After an exception other than an error of the
 * kernel, close it: an unfinished dump blocks the next.
 */
public final class NetlinkSocket implements AutoCloseable {
  public static final int NETLINK_ROUTE = 0;
  public static final int NETLINK_SOCK_DIAG = 4;
  public static final int NETLINK_NETFILTER = 12;

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int AF_NETLINK = 16;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_ADD_MEMBERSHIP = 1;
  private static final int ADDRESS_BYTES = 12;
  private static final int NLM_F_REQUEST = 1;
  private static final int NLM_F_ACK = 4;
  private static final int NLM_F_DUMP = 0x300;
  private static final int MSG_TRUNC = 0x20;
  private static final int RECEIVE_BYTES = 256 * 1024;
  private static final int ATTEMPTS = 5;

  private final String name;
  private final int fd;
  private final ByteBuffer buffer = LibC.direct(RECEIVE_BYTES);
  private final ByteBuffer outgoing = LibC.direct(NetlinkRequest.BOUND_BYTES);
  private final ByteBuffer kernelAddress = LibC.direct(ADDRESS_BYTES);
  private final ByteBuffer sender = LibC.direct(ADDRESS_BYTES);
  private final ByteBuffer senderLength = LibC.direct(4);
  private int sequence;
  private boolean closed;

  private NetlinkSocket(String name, int fd) {
    this.name = name;
    this.fd = fd;
    kernelAddress.putShort(0, (short) AF_NETLINK);
  }

  /** Opens a socket that waits at most five seconds for the kernel. */
  public static NetlinkSocket open(int protocol) throws IOException {
    return open(protocol, TIMEOUT);
  }

  /**
   * Opens a socket in the calling thread's network namespace.
   *
   * @param timeout of one receive
   */
  public static NetlinkSocket open(int protocol, Duration timeout) throws IOException {
    String name = "netlink socket of protocol " + protocol;
    int fd = LibC.socket(AF_NETLINK, LibC.SOCK_RAW, protocol, name);
    NetlinkSocket socket = new NetlinkSocket(name, fd);
    try {
      LibC.setOption(fd, LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, LibC.timeval(timeout));
      socket.bind();
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** For poll(2). */
  public int fd() {
    return fd;
  }

  /** Subscribes to a multicast group, such as 1 for NFNLGRP_CONNTRACK_NEW. */
  public void join(int group) throws IOException {
    LibC.setOption(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, LibC.intValue(group));
  }

  /** Sets the receive buffer beyond the system's limit; needs CAP_NET_ADMIN. */
  public void receiveBufferBytes(int bytes) throws IOException {
    LibC.setOption(fd, LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, LibC.intValue(bytes));
  }

  /**
   * Sends one request and visits the answers until the kernel acknowledges it.
   *
   * @throws LinuxException when the kernel answers with an error: ENOENT when nothing was found
   * @throws SocketTimeoutException when it does not answer
   */
  public void request(NetlinkRequest request, NetlinkVisitor visitor) throws IOException {
    exchange(request, NLM_F_ACK, visitor);
  }

  /**
   * Visits a whole table once.
   *
   * @return false when the table changed meanwhile, so that entries may be missing or seen twice
   * @throws LinuxException when the kernel answers with an error
   * @throws SocketTimeoutException when it stops answering
   */
  public boolean dump(NetlinkRequest request, NetlinkVisitor visitor) throws IOException {
    return !exchange(request, NLM_F_DUMP, visitor).interrupted();
  }

  /**
   * A whole table that did not change while it was read; tried five times.
   *
   * @throws LinuxException with EBUSY when it kept changing
   */
  public List<NetlinkMessage> dumpConsistently(NetlinkRequest request, LinuxCounters counters)
      throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      List<NetlinkMessage> messages = new ArrayList<>();
      if (dump(request, message -> messages.add(message.copy()))) {
        return messages;
      }
      counters.count(LinuxCounter.NETLINK_DUMP_REPEATED);
    }
    throw new LinuxException(name + ": table changed during each of 5 dumps", LinuxException.EBUSY);
  }

  /**
   * Visits the events of one datagram.
   *
   * @return false when none came in time
   * @throws LinuxException with ENOBUFS when the kernel had to drop events; the socket stays usable
   */
  public boolean receive(NetlinkVisitor visitor) throws IOException {
    if (!fill()) {
      return false;
    }
    new NetlinkReply(name, 0, visitor).accept(buffer);
    return true;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      LibC.close(fd);
    }
  }

  private NetlinkReply exchange(NetlinkRequest request, int flags, NetlinkVisitor visitor)
      throws IOException {
    sequence = sequence == Integer.MAX_VALUE ? 1 : sequence + 1;
    send(request.encoded(NLM_F_REQUEST | flags, sequence));
    NetlinkReply reply = new NetlinkReply(name, sequence, visitor);
    while (!reply.complete()) {
      if (!fill()) {
        throw new SocketTimeoutException(name + ": no answer in time");
      }
      reply.accept(buffer);
    }
    return reply;
  }

  private void bind() throws IOException {
    if (LibC.CALLS.bind(fd, kernelAddress, ADDRESS_BYTES) != 0) {
      throw new LinuxException("bind " + name, LibC.errno());
    }
  }

  private void send(ByteBuffer message) throws IOException {
    outgoing.clear().put(message).flip();
    long sent =
        LibC.CALLS.sendto(fd, outgoing, outgoing.remaining(), 0, kernelAddress, ADDRESS_BYTES);
    if (sent != outgoing.remaining()) {
      throw new LinuxException("send to " + name, LibC.errno());
    }
  }

  /** Fills the buffer with the kernel's next datagram; false when none came in time. */
  private boolean fill() throws IOException {
    while (true) {
      buffer.clear();
      senderLength.putInt(0, ADDRESS_BYTES);
      long size = LibC.CALLS.recvfrom(fd, buffer, RECEIVE_BYTES, MSG_TRUNC, sender, senderLength);
      if (size < 0) {
        int errno = LibC.errno();
        if (errno == LinuxException.EAGAIN) {
          return false;
        }
        if (errno != LinuxException.EINTR) {
          throw new LinuxException("receive from " + name, errno);
        }
      } else if (size > RECEIVE_BYTES) {
        throw new IOException(name + ": a datagram of " + size + " bytes does not fit");
      } else if (sender.getInt(4) == 0) {
        buffer.limit((int) size);
        return true;
      }
    }
  }
}
