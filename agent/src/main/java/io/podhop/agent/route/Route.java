package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.RtNames;
import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * A route of any table.
 *
 * @param destination of length 0 for a default route
 * @param nextHops none for routes that drop; more than one for a multipath route
 * @param scope RT_SCOPE_*: 0 global, 253 link, 254 host
 * @param protocol RTPROT_*: who made it
 * @param metric lower is preferred among equal prefixes
 * @param source the address that the node itself sends from by this route
 * @param options what few routes have
 */
public record Route(
    int table,
    RouteType type,
    Cidr destination,
    List<NextHop> nextHops,
    int scope,
    int protocol,
    long metric,
    Optional<IpAddress> source,
    RouteOptions options) {
  public Route {
    nextHops = List.copyOf(nextHops);
  }

  public IpFamily family() {
    return IpFamily.of(destination.address());
  }

  /** The first next hop that the kernel would use. */
  public Optional<NextHop> nextHop() {
    return nextHops.stream().filter(hop -> !hop.dead()).findFirst();
  }

  /** The table as citations name it: {@code table 2}, {@code table main}. */
  public String place() {
    return "table " + RtNames.table(table);
  }

  /** As {@code ip route show table …} prints it: {@code default via 192.168.0.1 dev eth1}. */
  public String text() {
    boolean ipv4 = destination.address().isIpv4();
    StringBuilder text = new StringBuilder();
    if (type != RouteType.UNICAST) {
      text.append(type.text()).append(' ');
    }
    text.append(destinationText());
    append(text, options.selectorText());
    if (nextHops.size() == 1) {
      append(text, nextHops.getFirst().text(ipv4));
    }
    if (protocol != RtNames.PROTOCOL_BOOT) {
      append(text, "proto " + RtNames.protocol(protocol));
    }
    if (scope != RtNames.SCOPE_GLOBAL) {
      append(text, "scope " + RtNames.scope(scope));
    }
    source.ifPresent(address -> append(text, "src " + address));
    if (metric != 0 || !ipv4) {
      append(text, "metric " + metric);
    }
    if (nextHops.size() == 1) {
      text.append(nextHops.getFirst().flagsText());
    }
    append(text, options.metricsText());
    if (nextHops.size() > 1) {
      nextHops.forEach(hop -> append(text, "nexthop " + hop.text(ipv4) + hop.flagsText()));
    }
    return text.toString();
  }

  private String destinationText() {
    if (destination.prefixLength() == 0) {
      return "default";
    }
    return destination.prefixLength() == destination.address().bits()
        ? destination.address().toString()
        : destination.toString();
  }

  private static void append(StringBuilder text, String words) {
    if (!words.isEmpty()) {
      text.append(' ').append(words);
    }
  }
}
