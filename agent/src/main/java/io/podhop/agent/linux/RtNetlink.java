package io.podhop.agent.linux;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a network namespace's links, addresses, routes, rules and neighbours over rtnetlink(7). It
 * speaks for the namespace that it was opened in, whichever thread reads.
 */
public final class RtNetlink implements AutoCloseable {
  private static final int AF_UNSPEC = 0;

  private final NetlinkSocket socket;
  private final LinuxCounters counters;

  private RtNetlink(NetlinkSocket socket, LinuxCounters counters) {
    this.socket = socket;
    this.counters = counters;
  }

  /** Opens in the calling thread's network namespace. */
  public static RtNetlink open(LinuxCounters counters) throws IOException {
    return new RtNetlink(NetlinkSocket.open(NetlinkSocket.NETLINK_ROUTE), counters);
  }

  public List<Link> links() throws IOException {
    List<Link> links = new ArrayList<>();
    for (NetlinkMessage message : dump(RtTable.LINKS, AF_UNSPEC)) {
      links.add(Link.parse(message));
    }
    return links;
  }

  public List<InterfaceAddress> addresses(InterfaceNames names) throws IOException {
    List<InterfaceAddress> addresses = new ArrayList<>();
    for (NetlinkMessage message : dump(RtTable.ADDRESSES, AF_UNSPEC)) {
      addresses.add(InterfaceAddress.parse(message, names));
    }
    return addresses;
  }

  /** All messages of one family, unparsed. */
  public List<NetlinkMessage> dump(RtTable table, IpFamily family) throws IOException {
    return dump(table, family.number());
  }

  @Override
  public void close() {
    socket.close();
  }

  private List<NetlinkMessage> dump(RtTable table, int family) throws IOException {
    NetlinkRequest request =
        new NetlinkRequest(table.request(), 0).u8(family).zeros(table.headerBytes() - 1);
    List<NetlinkMessage> messages = socket.dumpConsistently(request, counters);
    messages.removeIf(message -> message.type() != table.answer());
    return messages;
  }
}
