package io.podhop.agent.route;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.Link;
import java.util.List;
import java.util.Optional;

/**
 * The routing state of one network namespace. Its lists were read one after the other, so a change
 * in between can show in one and not in another.
 *
 * @param rules of both families, each family in the order in which the kernel tries them
 * @param routes of all tables and both families
 * @param skipped entries that podhop cannot represent and left out
 */
public record RouteSnapshot(
    List<Link> links,
    List<InterfaceAddress> addresses,
    List<PolicyRule> rules,
    List<Route> routes,
    List<Neighbour> neighbours,
    int skipped) {
  public RouteSnapshot {
    links = List.copyOf(links);
    addresses = List.copyOf(addresses);
    rules = List.copyOf(rules);
    routes = List.copyOf(routes);
    neighbours = List.copyOf(neighbours);
  }

  public Optional<Link> link(int ifindex) {
    return links.stream().filter(link -> link.ifindex() == ifindex).findFirst();
  }

  public Optional<Link> link(String name) {
    return links.stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /** The routes of one table, of both families. */
  public List<Route> table(int table) {
    return routes.stream().filter(route -> route.table() == table).toList();
  }
}
