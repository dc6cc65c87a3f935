package io.podhop.agent.route;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.Sysctls;
import io.podhop.model.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * The routing state of one network namespace. Its lists were read one after the other, so a change
 * in between can show in one and not in another.
 *
 * @param rules of both families, each family in the order in which the kernel tries them
 * @param routes of all tables and both families
 * @param skipped entries that podhop cannot represent and left out
 * @param sysctls the namespace's kernel parameters; {@link Sysctls#NONE} when they were not read
 */
public record RouteSnapshot(
    List<Link> links,
    List<InterfaceAddress> addresses,
    List<PolicyRule> rules,
    RouteTables routes,
    List<Neighbour> neighbours,
    int skipped,
    Sysctls sysctls) {
  public RouteSnapshot {
    links = List.copyOf(links);
    addresses = List.copyOf(addresses);
    rules = List.copyOf(rules);
    neighbours = List.copyOf(neighbours);
  }

  /** Without kernel parameters. */
  public RouteSnapshot(
      List<Link> links,
      List<InterfaceAddress> addresses,
      List<PolicyRule> rules,
      List<Route> routes,
      List<Neighbour> neighbours,
      int skipped) {
    this(links, addresses, rules, new RouteTables(routes), neighbours, skipped, Sysctls.NONE);
  }

  /** The same with kernel parameters. */
  public RouteSnapshot with(Sysctls parameters) {
    return new RouteSnapshot(links, addresses, rules, routes, neighbours, skipped, parameters);
  }

  public Optional<Link> link(int ifindex) {
    return links.stream().filter(link -> link.ifindex() == ifindex).findFirst();
  }

  public Optional<Link> link(String name) {
    return links.stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /** The routes of one table, of both families. */
  public List<Route> table(int table) {
    return routes.table(table);
  }

  /** The addresses of one interface, of one family. */
  List<InterfaceAddress> addresses(String interfaceName, IpFamily family) {
    return addresses.stream()
        .filter(address -> address.interfaceName().equals(interfaceName))
        .filter(address -> IpFamily.of(address.address()) == family)
        .toList();
  }

  /** Whether an interface of the namespace has the address. */
  boolean isOwn(IpAddress address) {
    return addresses.stream().anyMatch(own -> own.address().equals(address));
  }

  /** What is known of a neighbour on an interface. */
  Optional<Neighbour> neighbour(String interfaceName, IpAddress address) {
    return neighbours.stream()
        .filter(entry -> entry.interfaceName().equals(interfaceName))
        .filter(entry -> entry.address().equals(address))
        .findFirst();
  }
}
