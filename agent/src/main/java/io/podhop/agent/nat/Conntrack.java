package io.podhop.agent.nat;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.LinuxException;
import io.podhop.agent.linux.MalformedNetlinkException;
import io.podhop.agent.linux.NetlinkAttributes;
import io.podhop.agent.linux.NetlinkRequest;
import io.podhop.agent.linux.NetlinkSocket;
import io.podhop.agent.linux.NetlinkVisitor;
import io.podhop.model.FlowKey;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/**
 * Asks the kernel's connection tracking over netlink (NETLINK_NETFILTER, ctnetlink). Belongs to the
 * network namespace that it was opened in; may be used from any thread.
 */
public final class Conntrack implements AutoCloseable {
  private static final int GET = 1 << 8 | 1;
  private static final int EPROTONOSUPPORT = 93;
  private static final int EOPNOTSUPP = 95;

  private NetlinkSocket socket;

  private Conntrack(NetlinkSocket socket) {
    this.socket = socket;
  }

  /**
   * @throws ConntrackException when the kernel has no nfnetlink
   */
  public static Conntrack open() throws ConntrackException {
    return new Conntrack(openSocket());
  }

  /**
   * The connection that a packet belongs to, in either direction, as it is on arrival at this node:
   * an original tuple or a reply tuple.
   *
   * @throws ConntrackException when the kernel refuses to say
   */
  public synchronized Optional<ConntrackEntry> find(FlowKey packet) throws ConntrackException {
    for (int icmpType : ConntrackCodec.possibleTypes(packet.protocol())) {
      Optional<ConntrackEntry> entry = get(packet, icmpType);
      if (entry.isPresent()) {
        return entry;
      }
    }
    return Optional.empty();
  }

  /**
   * The connections that satisfy a filter, at most so many; entries of other protocols than TCP,
   * UDP, ICMP and ICMPv6 are left out.
   *
   * @throws ConntrackException when the kernel refuses to say
   */
  public synchronized List<ConntrackEntry> dump(
      IpFamily family, Predicate<ConntrackEntry> filter, int maxEntries) throws ConntrackException {
    List<ConntrackEntry> found = new ArrayList<>();
    NetlinkVisitor visitor =
        message ->
            ConntrackCodec.decode(message)
                .filter(filter)
                .filter(_ -> found.size() < maxEntries)
                .ifPresent(found::add);
    try {
      socket.dump(header(family), visitor);
      return List.copyOf(found);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Sees connections one by one. */
  @FunctionalInterface
  public interface UdpVisitor {
    /**
     * @param startNs epoch nanoseconds of the first packet; 0 when the kernel does not date entries
     *     (net.netfilter.nf_conntrack_timestamp = 0)
     */
    void udp(ConntrackEntry entry, long startNs);
  }

  /**
   * How a dump went.
   *
   * @param whole false when the table changed underfoot, so that entries may be missing
   * @param malformed entries that could not be read
   */
  public record Dump(boolean whole, int malformed) {}

  /**
   * Visits the UDP connections of a family. The kernel leaves the other protocols out; one before
   * 5.8 sends them, and they are left out here, at a higher price. An entry may be seen twice.
   *
   * @param leaveOut connections from or to these ports, which costs less than to visit them
   * @throws ConntrackException when the kernel refuses to say
   */
  public synchronized Dump dumpUdp(IpFamily family, IntPredicate leaveOut, UdpVisitor visitor)
      throws ConntrackException {
    NetlinkRequest request = header(family);
    ConntrackCodec.only(request, Protocol.UDP);
    AtomicInteger malformed = new AtomicInteger();
    NetlinkVisitor each =
        message -> {
          try {
            NetlinkAttributes all = ConntrackCodec.attributes(message);
            if (ConntrackCodec.isUdpBut(leaveOut, all)) {
              long startNs = ConntrackCodec.startNs(all);
              ConntrackCodec.decode(all).ifPresent(entry -> visitor.udp(entry, startNs));
            }
          } catch (MalformedNetlinkException e) {
            malformed.incrementAndGet();
          }
        };
    try {
      boolean whole = socket.dump(request, each);
      return new Dump(whole, malformed.get());
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public synchronized void close() {
    socket.close();
  }

  private Optional<ConntrackEntry> get(FlowKey packet, int icmpType) throws ConntrackException {
    List<ConntrackEntry> found = new ArrayList<>(1);
    NetlinkRequest request = header(IpFamily.of(packet.source()));
    ConntrackCodec.tuple(request, packet, icmpType);
    try {
      socket.request(request, message -> ConntrackCodec.decode(message).ifPresent(found::add));
    } catch (LinuxException e) {
      if (e.errno() == LinuxException.ENOENT) {
        return Optional.empty();
      }
      throw failed(e);
    } catch (IOException e) {
      throw failed(e);
    }
    return found.stream().findFirst();
  }

  private static NetlinkRequest header(IpFamily family) {
    return new NetlinkRequest(GET, 0).u8(family.number()).zeros(3);
  }

  private static NetlinkSocket openSocket() throws ConntrackException {
    try {
      return NetlinkSocket.open(NetlinkSocket.NETLINK_NETFILTER);
    } catch (IOException e) {
      throw typed(e);
    }
  }

  /** After anything but an errno the socket's stream is not to be trusted: begin a new one. */
  private ConntrackException failed(IOException e) {
    if (!(e instanceof LinuxException)) {
      socket.close();
      try {
        socket = openSocket();
      } catch (ConntrackException again) {
        e.addSuppressed(again);
      }
    }
    return typed(e);
  }

  private static ConntrackException typed(IOException e) {
    int errno = e instanceof LinuxException linux ? linux.errno() : 0;
    return switch (errno) {
      case LinuxException.EPERM ->
          new ConntrackException(
              ConntrackException.Reason.NOT_PERMITTED,
              "reading conntrack needs CAP_NET_ADMIN in this network namespace",
              e);
      case LinuxException.EINVAL, EPROTONOSUPPORT, EOPNOTSUPP ->
          new ConntrackException(
              ConntrackException.Reason.NOT_SUPPORTED,
              "the kernel does not offer conntrack over netlink (module nf_conntrack_netlink): "
                  + e.getMessage(),
              e);
      default ->
          new ConntrackException(
              ConntrackException.Reason.FAILED, "cannot read conntrack: " + e.getMessage(), e);
    };
  }
}
