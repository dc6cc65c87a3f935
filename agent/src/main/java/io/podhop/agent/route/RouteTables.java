package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The routes as they were listed, and by table in the order in which the kernel prefers them. */
public final class RouteTables extends AbstractList<Route> {
  /** Longest prefix; then a type of service before none; then the lowest metric. */
  private static final Comparator<Route> PREFERRED =
      Comparator.<Route>comparingInt(route -> -route.destination().prefixLength())
          .thenComparingInt(route -> -route.options().tos())
          .thenComparingLong(Route::metric);

  private final List<Route> routes;
  private final Map<Key, List<Route>> byTable = new HashMap<>();

  private record Key(int table, IpFamily family) {}

  RouteTables(List<Route> routes) {
    this.routes = List.copyOf(routes);
    for (Route route : routes) {
      Key key = new Key(route.table(), route.family());
      byTable.computeIfAbsent(key, _ -> new ArrayList<>()).add(route);
    }
    // The sort is stable: of equal routes the one listed first stays first.
    byTable.values().forEach(table -> table.sort(PREFERRED));
  }

  /** Of one family, the preferred first. */
  List<Route> table(int table, IpFamily family) {
    return byTable.getOrDefault(new Key(table, family), List.of());
  }

  /** Of both families, as listed. */
  List<Route> table(int table) {
    return Stream.of(IpFamily.values()).allMatch(family -> table(table, family).isEmpty())
        ? List.of()
        : routes.stream().filter(route -> route.table() == table).toList();
  }

  @Override
  public Route get(int index) {
    return routes.get(index);
  }

  @Override
  public int size() {
    return routes.size();
  }
}
