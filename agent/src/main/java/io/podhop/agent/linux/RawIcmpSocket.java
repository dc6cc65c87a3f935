package io.podhop.agent.linux;

import io.podhop.model.IpAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;

/**
 * Sends ICMP echo requests and receives what answers them (raw(7)); opened in the calling thread's
 * network namespace, used from any thread, by one at a time. Needs CAP_NET_RAW.
 */
public final class RawIcmpSocket implements AutoCloseable {
  private static final int IPPROTO_ICMP = 1;
  private static final int IPPROTO_ICMPV6 = 58;
  private static final int DATAGRAM_BYTES = 64 * 1024;
  private static final int PAYLOAD_BYTES = 9000;

  private final IpFamily family;
  private final int fd;
  private final ByteBuffer buffer = LibC.direct(DATAGRAM_BYTES);
  private final ByteBuffer peer = LibC.direct(28);
  private final ByteBuffer peerLength = LibC.direct(4);
  private boolean closed;

  private RawIcmpSocket(IpFamily family, int fd) {
    this.family = family;
    this.fd = fd;
  }

  public static RawIcmpSocket open(IpFamily family) throws IOException {
    int protocol = family == IpFamily.IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    String name = "raw ICMP socket (needs CAP_NET_RAW)";
    return new RawIcmpSocket(family, LibC.socket(family.number(), LibC.SOCK_RAW, protocol, name));
  }

  /** For poll(2). */
  public int fd() {
    return fd;
  }

  /** Sends from this address, which must be one of the namespace's own. */
  public void bind(IpAddress source) throws IOException {
    int length = writePeer(source);
    if (LibC.CALLS.bind(fd, peer, length) != 0) {
      throw new LinuxException("send ICMP from " + source, LibC.errno());
    }
  }

  /**
   * Sends one echo request.
   *
   * @param identifier 16 bits; what replies are told apart by
   * @param sequence 16 bits
   * @param payload at most 9000 bytes
   * @throws LinuxException when there is no route, or a firewall rule of the sender refuses
   */
  public void sendEcho(IpAddress destination, int identifier, int sequence, byte[] payload)
      throws IOException {
    if (payload.length > PAYLOAD_BYTES) {
      throw new IllegalArgumentException("an echo payload of " + payload.length + " bytes");
    }
    int length = writePeer(destination);
    IcmpCodec.writeEcho(buffer, family, identifier, sequence, payload);
    int size = buffer.remaining();
    if (LibC.CALLS.sendto(fd, buffer, size, 0, peer, length) != size) {
      throw new LinuxException("send ICMP echo to " + destination, LibC.errno());
    }
  }

  /**
   * The next reply or error that belongs to an echo, of any sender in the namespace; compare the
   * identifier. Other ICMP traffic is passed over.
   *
   * @return empty when none came in time
   */
  public Optional<IcmpMessage> receive(Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    for (long left = timeout.toNanos(); left > 0; left = deadline - System.nanoTime()) {
      Optional<IcmpMessage> message = receiveOne(Duration.ofNanos(left));
      if (message.isPresent()) {
        return message;
      }
    }
    return Optional.empty();
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      LibC.close(fd);
    }
  }

  private Optional<IcmpMessage> receiveOne(Duration timeout) throws IOException {
    LibC.setOption(fd, LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, LibC.timeval(timeout));
    buffer.clear();
    peerLength.putInt(0, peer.capacity());
    peer.clear();
    long size = LibC.CALLS.recvfrom(fd, buffer, DATAGRAM_BYTES, 0, peer, peerLength);
    if (size < 0) {
      int errno = LibC.errno();
      if (errno == LinuxException.EAGAIN || errno == LinuxException.EINTR) {
        return Optional.empty();
      }
      throw new LinuxException("receive ICMP", errno);
    }
    buffer.limit((int) size);
    return IcmpCodec.read(buffer, readPeer());
  }

  /** Fills in a sockaddr_in or sockaddr_in6 with port 0. */
  private int writePeer(IpAddress address) {
    if (IpFamily.of(address) != family) {
      throw new IllegalArgumentException(address + " is no " + family + " address");
    }
    peer.clear();
    for (int i = 0; i < peer.capacity(); i++) {
      peer.put(i, (byte) 0);
    }
    peer.order(ByteOrder.nativeOrder()).putShort(0, (short) family.number());
    peer.put(addressOffset(), address.toBytes());
    return family == IpFamily.IPV4 ? 16 : 28;
  }

  private IpAddress readPeer() {
    byte[] address = new byte[family == IpFamily.IPV4 ? 4 : 16];
    peer.get(addressOffset(), address);
    return IpAddress.ofBytes(address);
  }

  private int addressOffset() {
    return family == IpFamily.IPV4 ? 4 : 8;
  }
}
