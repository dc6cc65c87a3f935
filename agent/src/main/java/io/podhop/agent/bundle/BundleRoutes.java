package io.podhop.agent.bundle;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.Neighbour;
import io.podhop.agent.route.NextHop;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.Route;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.agent.route.RouteText;
import io.podhop.agent.route.RouteType;
import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The routing state of a bundle's node, from what {@code ip} and {@code ifconfig} printed. */
final class BundleRoutes {
  private static final int TABLE_LOCAL = 255;
  private static final int SCOPE_LINK = 253;
  private static final int SCOPE_HOST = 254;
  private static final Cidr LOOPBACK = Cidr.parse("127.0.0.0/8");
  private static final Cidr LINK_LOCAL = Cidr.parse("fe80::/10");
  private static final IpAddress LOOPBACK6 = IpAddress.parse("::1");

  private final BundleInputs inputs;
  private final List<IfconfigText.Interface> ifconfig;
  private int unread;

  private BundleRoutes(BundleInputs inputs) {
    this.inputs = inputs;
    this.ifconfig =
        inputs.textIfAny(BundleInput.IFCONFIG).map(IfconfigText::parse).orElse(List.of());
  }

  static RouteSnapshot read(BundleInputs inputs) {
    return new BundleRoutes(inputs).snapshot();
  }

  private RouteSnapshot snapshot() {
    List<PolicyRule> rules = new ArrayList<>();
    rules.addAll(rules(BundleInput.RULES, IpFamily.IPV4));
    rules.addAll(rules(BundleInput.RULES6, IpFamily.IPV6));
    Optional<String> routes4 = inputs.text(BundleInput.ROUTES);
    Optional<String> routes6 = inputs.textIfAny(BundleInput.ROUTES6);
    Optional<String> addr = inputs.text(BundleInput.LINKS);
    if (addr.isEmpty() && ifconfig.isEmpty()) {
      inputs.miss(BundleInput.IFCONFIG);
    }
    // Text names interfaces: what has no index yet gets one, and the routes are read again with it.
    List<Route> nameless = new ArrayList<>(routes(routes4, IpFamily.IPV4, List.of()).values());
    nameless.addAll(routes(routes6, IpFamily.IPV6, List.of()).values());
    List<Link> links = links(addr, nameless);
    RouteText.Parsed<Route> ipv4 = routes(routes4, IpFamily.IPV4, links);
    RouteText.Parsed<Route> ipv6 = routes(routes6, IpFamily.IPV6, links);
    List<Route> routes = new ArrayList<>(taken(BundleInput.ROUTES, ipv4));
    if (routes6.isPresent()) {
      // "ip route show table all" prints both families, and "ip -6" one of them again.
      routes.removeIf(route -> route.family() == IpFamily.IPV6);
      routes.addAll(taken(BundleInput.ROUTES6, ipv6));
    } else if (routes.stream().noneMatch(route -> route.family() == IpFamily.IPV6)) {
      inputs.miss(BundleInput.ROUTES6);
    }
    List<Neighbour> neighbours =
        inputs
            .text(BundleInput.NEIGHBOURS)
            .map(text -> taken(BundleInput.NEIGHBOURS, RouteText.neighbours(text, links)))
            .orElse(List.of());
    return new RouteSnapshot(
        links, addresses(addr, links, routes), rules, routes, neighbours, unread);
  }

  private List<PolicyRule> rules(BundleInput input, IpFamily family) {
    return inputs
        .text(input)
        .map(text -> taken(input, RouteText.rules(text, family)))
        .orElse(List.of());
  }

  private static RouteText.Parsed<Route> routes(
      Optional<String> text, IpFamily family, List<Link> links) {
    return text.map(t -> RouteText.routes(t, RtNames.TABLE_MAIN, family, links))
        .orElse(new RouteText.Parsed<>(List.of(), List.of()));
  }

  private <T> List<T> taken(BundleInput input, RouteText.Parsed<T> parsed) {
    inputs.warnOfUnread(input, parsed.unread());
    unread += parsed.unread().size();
    return parsed.values();
  }

  /** Those of {@code ip addr}, then those that ifconfig shows, then those that routes name. */
  private List<Link> links(Optional<String> addr, List<Route> routes) {
    Map<String, Link> links = new LinkedHashMap<>();
    addr.map(text -> taken(BundleInput.LINKS, RouteText.links(text)))
        .orElse(List.of())
        .forEach(link -> links.putIfAbsent(link.name(), link));
    for (IfconfigText.Interface seen : ifconfig) {
      links.computeIfAbsent(
          seen.name(),
          name -> link(links.size(), name, seen.mac(), seen.mtuBytes(), seen.up(), seen.carrier()));
    }
    routes.stream()
        .flatMap(route -> route.nextHops().stream())
        .map(NextHop::interfaceName)
        .filter(name -> !name.isEmpty())
        // The kernel removes the routes of an interface that goes down.
        .forEach(
            name -> links.computeIfAbsent(name, n -> link(links.size(), n, "", 0, true, true)));
    return List.copyOf(links.values());
  }

  /** An interface whose index nobody told: one below zero cannot be mistaken for the kernel's. */
  private static Link link(
      int number, String name, String mac, int mtuBytes, boolean up, boolean carrier) {
    return new Link(-1 - number, name, mac, mtuBytes, up, 0, -1, "", 0, carrier, 0);
  }

  private List<InterfaceAddress> addresses(
      Optional<String> addr, List<Link> links, List<Route> routes) {
    if (addr.isPresent()) {
      return RouteText.addresses(addr.get()).values();
    }
    // The kernel keeps a local route for every address of its own.
    return routes.stream()
        .filter(route -> route.type() == RouteType.LOCAL && route.table() == TABLE_LOCAL)
        .filter(route -> route.destination().prefixLength() == route.destination().address().bits())
        .flatMap(route -> local(route, links, routes).stream())
        .toList();
  }

  private Optional<InterfaceAddress> local(Route route, List<Link> links, List<Route> routes) {
    IpAddress address = route.destination().address();
    return route
        .nextHop()
        .flatMap(
            hop ->
                links.stream().filter(link -> link.name().equals(hop.interfaceName())).findFirst())
        .map(
            link ->
                new InterfaceAddress(
                    link.ifindex(),
                    link.name(),
                    address,
                    prefixLength(link.name(), address, routes),
                    scope(address)));
  }

  /** As ifconfig says it, else that of the route to the interface's own network. */
  private int prefixLength(String interfaceName, IpAddress address, List<Route> routes) {
    return ifconfig.stream()
        .filter(seen -> seen.name().equals(interfaceName))
        .flatMap(seen -> seen.addresses().stream())
        .filter(assigned -> assigned.address().equals(address))
        .map(IfconfigText.Assigned::prefixLength)
        .findFirst()
        .or(
            () ->
                routes.stream()
                    .filter(route -> route.type() == RouteType.UNICAST && isConnected(route))
                    .filter(
                        route -> route.nextHops().getFirst().interfaceName().equals(interfaceName))
                    .map(Route::destination)
                    .filter(range -> range.contains(address))
                    .map(Cidr::prefixLength)
                    .max(Integer::compare))
        .orElse(address.bits());
  }

  private static boolean isConnected(Route route) {
    return route.nextHops().size() == 1
        && route.nextHops().getFirst().gateway().isEmpty()
        && RtNames.protocol(route.protocol()).equals("kernel");
  }

  private static int scope(IpAddress address) {
    if (LOOPBACK.contains(address) || address.equals(LOOPBACK6)) {
      return SCOPE_HOST;
    }
    return LINK_LOCAL.contains(address) ? SCOPE_LINK : RtNames.SCOPE_GLOBAL;
  }
}
