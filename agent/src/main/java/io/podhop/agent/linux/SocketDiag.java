package io.podhop.agent.linux;

import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Asks for a network namespace's listening TCP and bound UDP sockets over sock_diag(7), which tells
 * what /proc/net does not: how much each queue may hold.
 */
public final class SocketDiag implements AutoCloseable {
  private static final int SOCK_DIAG_BY_FAMILY = 20;
  private static final int INET_DIAG_SKMEMINFO = 7;
  private static final int MESSAGE_BYTES = 72;
  private static final int STATE_CLOSE = 7;
  private static final int STATE_LISTEN = 10;
  private static final int RECEIVE_BUFFER = 1;
  private static final int DROPS = 8;

  private final NetlinkSocket socket;

  private SocketDiag(NetlinkSocket socket) {
    this.socket = socket;
  }

  /** Opens in the calling thread's network namespace; speaks for it from any thread. */
  public static SocketDiag open() throws IOException {
    return new SocketDiag(NetlinkSocket.open(NetlinkSocket.NETLINK_SOCK_DIAG));
  }

  /**
   * A socket that waits for anybody's packets.
   *
   * @param queued connections to accept, or bytes to receive (with the kernel's overhead)
   * @param limit how much may be queued: the backlog of listen(2), or the receive buffer's bytes;
   *     empty when the kernel does not say
   * @param dropped packets it had no room for, since it was made
   * @param inode what {@code /proc/PID/fd} names it by
   */
  public record Waiting(
      IpAddress local, int port, long queued, OptionalLong limit, long dropped, long inode) {}

  /**
   * The sockets of a protocol that wait at one of these local ports, in no order.
   *
   * @throws LinuxException with ENOENT when the kernel cannot tell of this protocol
   * @throws IllegalArgumentException unless the protocol is TCP or UDP
   */
  public List<Waiting> waiting(IpFamily family, Protocol protocol, Set<Integer> ports)
      throws IOException {
    int state =
        switch (protocol) {
          case TCP -> STATE_LISTEN;
          case UDP -> STATE_CLOSE;
          case ICMP, ICMPV6 -> throw new IllegalArgumentException(protocol + " has no ports");
        };
    // The kernel would filter by port for TCP alone, so it is done here for both.
    NetlinkRequest request =
        new NetlinkRequest(SOCK_DIAG_BY_FAMILY, 0)
            .u8(family.number())
            .u8(protocol.number())
            .u8(1 << (INET_DIAG_SKMEMINFO - 1))
            .u8(0)
            .u32(1 << state)
            .zeros(48);
    List<Waiting> found = new ArrayList<>();
    var _ =
        socket.dump(
            request,
            message -> {
              Waiting one = parse(family, protocol, message);
              if (ports.contains(one.port)) {
                found.add(one);
              }
            });
    return found;
  }

  @Override
  public void close() {
    socket.close();
  }

  /** A {@code struct inet_diag_msg} and its attributes. */
  static Waiting parse(IpFamily family, Protocol protocol, NetlinkMessage message)
      throws MalformedNetlinkException {
    NetlinkAttributes attributes = message.attributes(MESSAGE_BYTES);
    ByteBuffer payload = message.payload();
    byte[] address = new byte[family == IpFamily.IPV4 ? 4 : 16];
    payload.get(8, address);
    int port = Short.toUnsignedInt(payload.duplicate().order(ByteOrder.BIG_ENDIAN).getShort(4));
    ByteBuffer memory = attributes.find(INET_DIAG_SKMEMINFO).orElse(ByteBuffer.allocate(0));
    OptionalLong limit = OptionalLong.empty();
    if (protocol == Protocol.TCP) {
      limit = OptionalLong.of(Integer.toUnsignedLong(payload.getInt(60)));
    } else {
      limit = word(memory, RECEIVE_BUFFER);
    }
    return new Waiting(
        IpAddress.ofBytes(address),
        port,
        Integer.toUnsignedLong(payload.getInt(56)),
        limit,
        word(memory, DROPS).orElse(0),
        Integer.toUnsignedLong(payload.getInt(68)));
  }

  private static OptionalLong word(ByteBuffer memory, int index) {
    return memory.limit() >= index * 4 + 4
        ? OptionalLong.of(Integer.toUnsignedLong(memory.getInt(index * 4)))
        : OptionalLong.empty();
  }
}
