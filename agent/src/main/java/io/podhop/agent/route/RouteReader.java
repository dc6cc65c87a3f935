package io.podhop.agent.route;

import io.podhop.agent.linux.InterfaceNames;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.LinuxCounter;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NetlinkMessage;
import io.podhop.agent.linux.RtNetlink;
import io.podhop.agent.linux.RtTable;
import io.podhop.agent.linux.SysctlReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the routing state of a network namespace over rtnetlink. */
public final class RouteReader {
  private final LinuxCounters counters;

  public RouteReader(LinuxCounters counters) {
    this.counters = counters;
  }

  /** The state of the calling thread's network namespace: the node's. */
  public RouteSnapshot read() throws IOException {
    try (RtNetlink netlink = RtNetlink.open(counters)) {
      return read(netlink);
    }
  }

  /** The same with kernel parameters: a dozen files of each interface, so only when asked for. */
  public RouteSnapshot readWithSysctls() throws IOException {
    return read().with(new SysctlReader().read());
  }

  /** The state of the namespace that the socket was opened in, without its kernel parameters. */
  public RouteSnapshot read(RtNetlink netlink) throws IOException {
    List<Link> links = netlink.links();
    InterfaceNames names = new InterfaceNames(links);
    List<PolicyRule> rules = new ArrayList<>();
    List<Route> routes = new ArrayList<>();
    List<Neighbour> neighbours = new ArrayList<>();
    int skipped = 0;
    for (IpFamily family : IpFamily.values()) {
      skipped +=
          readAll(netlink, RtTable.RULES, family, m -> RuleParser.parse(m, family), rules)
              + readAll(netlink, RtTable.ROUTES, family, m -> RouteParser.parse(m, names), routes)
              + readAll(
                  netlink,
                  RtTable.NEIGHBOURS,
                  family,
                  m -> NeighbourParser.parse(m, names),
                  neighbours);
    }
    return new RouteSnapshot(links, netlink.addresses(names), rules, routes, neighbours, skipped);
  }

  /** Adds what could be read, and returns how many messages could not. */
  private <T> int readAll(
      RtNetlink netlink, RtTable table, IpFamily family, Parser<T> parser, List<T> into)
      throws IOException {
    int skipped = 0;
    for (NetlinkMessage message : netlink.dump(table, family)) {
      Optional<T> parsed = parser.parse(message);
      parsed.ifPresent(into::add);
      if (parsed.isEmpty()) {
        counters.count(LinuxCounter.NETLINK_SKIPPED);
        skipped++;
      }
    }
    return skipped;
  }

  @FunctionalInterface
  private interface Parser<T> {
    Optional<T> parse(NetlinkMessage message) throws IOException;
  }
}
