package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Reads a line of {@code ip route}: the inverse of {@link Route#text()}. */
final class RouteLine {
  private final Words words;
  private final Map<String, Integer> ifindexes;
  private final List<NextHop> nextHops = new ArrayList<>();
  private Hop hop = new Hop();
  private int table;
  private RouteType type = RouteType.UNICAST;
  private Optional<Cidr> destination = Optional.empty();
  private int scope = RtNames.SCOPE_GLOBAL;
  private int protocol = RtNames.PROTOCOL_BOOT;
  private long metric;
  private Optional<IpAddress> source = Optional.empty();
  private int tos;
  private int nexthopId;
  private int mtuBytes;
  private boolean mtuLocked;
  private boolean ipv6Words;

  /** A next hop as far as it was read. */
  private static final class Hop {
    private Optional<IpAddress> gateway = Optional.empty();
    private boolean otherFamily;
    private String device = "";
    private boolean onlink;
    private boolean dead;
  }

  private RouteLine(String line, int table, Map<String, Integer> ifindexes) {
    this.words = new Words(line);
    this.table = table;
    this.ifindexes = ifindexes;
  }

  /**
   * @param table the table of lines that name none
   * @param family of a default route that does not show its family
   */
  static Route parse(String line, int table, IpFamily family, Map<String, Integer> ifindexes)
      throws UnreadableLineException {
    return new RouteLine(line, table, ifindexes).parse(family);
  }

  private Route parse(IpFamily family) throws UnreadableLineException {
    readType();
    boolean isDefault = words.take("default");
    if (!isDefault) {
      destination = Optional.of(words.range());
    }
    while (words.hasNext()) {
      String keyword = words.next();
      if (!hopWord(keyword) && !routeWord(keyword) && !metricsWord(keyword)) {
        throw new UnreadableLineException("unknown word: " + keyword);
      }
    }
    finishHop();
    IpFamily shown = ipv6Words ? IpFamily.IPV6 : source.map(IpFamily::of).orElse(family);
    Cidr range = destination.isPresent() ? destination.get() : everything(shown);
    return new Route(
        table,
        type,
        range,
        nextHops,
        scope,
        protocol,
        metric,
        source,
        new RouteOptions(tos, nexthopId, mtuBytes, mtuLocked));
  }

  private static Cidr everything(IpFamily family) {
    return Cidr.parse(family == IpFamily.IPV4 ? "0.0.0.0/0" : "::/0");
  }

  private void readType() throws UnreadableLineException {
    for (RouteType candidate : RouteType.values()) {
      if (words.take(candidate.text())) {
        type = candidate;
        return;
      }
    }
  }

  private boolean hopWord(String keyword) throws UnreadableLineException {
    switch (keyword) {
      case "nexthop" -> {
        finishHop();
        hop = new Hop();
      }
      case "via" -> {
        hop.otherFamily = words.take("inet6") || words.take("inet");
        hop.gateway = Optional.of(words.address());
        ipv6Words |= !hop.otherFamily && !hop.gateway.get().isIpv4();
      }
      case "dev" -> hop.device = words.next();
      case "onlink" -> hop.onlink = true;
      case "dead" -> hop.dead = true;
      case "weight" -> words.unsignedNumber();
      case "linkdown", "pervasive", "offload", "trap", "rt_offload", "rt_trap", "unresolved" -> {}
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean routeWord(String keyword) throws UnreadableLineException {
    switch (keyword) {
      case "table" -> table = number(RtNames.tableNumber(words.peek(0)));
      case "proto" ->
          // Who made the route changes nothing for packets: a name of rt_protos is no reason to
          // lose the route.
          protocol = RtNames.protocolNumber(words.next()).orElse(0);
      case "scope" -> scope = number(RtNames.scopeNumber(words.peek(0)));
      case "src" -> source = Optional.of(words.address());
      case "metric" -> metric = Integer.toUnsignedLong(words.unsignedNumber());
      case "tos", "dsfield" -> tos = words.unsignedNumber();
      case "nhid" -> nexthopId = words.unsignedNumber();
      case "pref" -> {
        words.skip(1);
        ipv6Words = true;
      }
      case "error", "expires", "realm", "realms" -> words.skip(1);
      default -> {
        return false;
      }
    }
    return true;
  }

  private int number(OptionalInt number) throws UnreadableLineException {
    return Words.known(number, words.next());
  }

  private boolean metricsWord(String keyword) throws UnreadableLineException {
    switch (keyword.toLowerCase(Locale.ROOT)) {
      case "mtu" -> {
        mtuLocked = words.take("lock");
        mtuBytes = words.unsignedNumber();
      }
      case "window",
          "rtt",
          "rttvar",
          "ssthresh",
          "cwnd",
          "advmss",
          "reordering",
          "hoplimit",
          "initcwnd",
          "features",
          "rto_min",
          "initrwnd",
          "quickack",
          "congctl",
          "fastopen_no_cookie" -> {
        words.take("lock");
        words.skip(1);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void finishHop() {
    if (!hop.device.isEmpty() || hop.gateway.isPresent()) {
      nextHops.add(
          new NextHop(
              hop.gateway,
              ifindexes.getOrDefault(hop.device, 0),
              hop.device,
              hop.onlink,
              hop.dead));
    }
  }

  static Map<String, Integer> ifindexes(List<Link> links) {
    return links.stream().collect(Collectors.toMap(Link::name, Link::ifindex, (a, _) -> a));
  }
}
