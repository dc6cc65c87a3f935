package io.podhop.agent.audit;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.linux.Sysctls;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.Route;
import io.podhop.agent.route.RouteType;
import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.Finding.Severity;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Routes: to each pod, out of each ENI, and those that drop. */
final class RouteChecks {
  static final List<Check> ALL =
      List.of(
          new Check("missing-host-route", RouteChecks::missingHostRoute),
          new Check("wrong-host-route", RouteChecks::wrongHostRoute),
          new Check("leaked-host-route", RouteChecks::leakedHostRoute),
          new Check("missing-default-route", RouteChecks::missingDefault),
          new Check("missing-eni-route", RouteChecks::missingEniRoute),
          new Check("wrong-eni-route", RouteChecks::wrongEniRoute),
          new Check("blackhole-route", RouteChecks::blackhole));

  private static final String RECREATE =
      "delete the pod so that its controller makes it anew: only the ADD of the CNI plugin writes"
          + " this route";
  private static final Set<RouteType> DROPPING =
      Set.of(RouteType.BLACKHOLE, RouteType.UNREACHABLE, RouteType.PROHIBIT, RouteType.THROW);

  private RouteChecks() {}

  private static boolean unread(NodeFacts node, Remarks remarks) {
    if (!node.routesKnown()) {
      remarks.notMade("the node's routes were not read");
    }
    return !node.routesKnown();
  }

  private static List<Route> toPod(NodeFacts node, IpAddress address, PodInfo pod) {
    if (!node.isStrictBranch(pod)) {
      return node.hostRoutes(address);
    }
    return node.routing().routes().stream()
        .filter(route -> NodeFacts.isHost(route.destination(), address))
        .filter(route -> NodeFacts.device(route).equals(pod.hostVeth()))
        .toList();
  }

  private static void missingHostRoute(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    node.podAddresses()
        .forEach(
            (address, pod) -> {
              List<Route> routes = toPod(node, address, pod);
              if (routes.stream().noneMatch(route -> route.type() == RouteType.UNICAST)) {
                remarks.error(
                    pod.ref().toString(),
                    "no route `"
                        + address
                        + " dev "
                        + (pod.hostVeth().isEmpty() ? "…" : pod.hostVeth())
                        + "`: nothing reaches the pod, and the reverse path filter drops what it"
                        + " sends",
                    RECREATE,
                    instead(node, address, pod, routes));
              }
            });
  }

  private static List<Citation> instead(
      NodeFacts node, IpAddress address, PodInfo pod, List<Route> routes) {
    List<Citation> evidence = new ArrayList<>(Cite.routes(routes));
    node.rules().stream()
        .filter(rule -> rule.to().filter(range -> NodeFacts.isHost(range, address)).isPresent())
        .forEach(rule -> evidence.add(Cite.rule(rule)));
    evidence.addAll(Cite.routes(node.defaults(RtNames.TABLE_MAIN, IpFamily.of(address))));
    node.link(pod.hostVeth()).ifPresent(link -> evidence.add(Cite.link(link, "")));
    Sysctls sysctls = node.routing().sysctls();
    String key = Sysctls.key(IpFamily.IPV4, pod.hostVeth(), "rp_filter");
    sysctls.text(key).ifPresent(_ -> evidence.add(Cite.sysctl(sysctls, key)));
    return evidence;
  }

  private static void wrongHostRoute(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    node.podAddresses()
        .forEach(
            (address, pod) -> {
              List<Route> wrong =
                  toPod(node, address, pod).stream()
                      .filter(route -> route.type() == RouteType.UNICAST)
                      .filter(route -> !NodeFacts.device(route).equals(pod.hostVeth()))
                      .toList();
              if (!wrong.isEmpty() && !pod.hostVeth().isEmpty()) {
                List<Citation> veth =
                    node.link(pod.hostVeth()).map(link -> Cite.link(link, "")).stream().toList();
                remarks.error(
                    pod.ref().toString(),
                    "the route to "
                        + address
                        + " leads to "
                        + NodeFacts.device(wrong.getFirst())
                        + ", but the pod's veth is "
                        + pod.hostVeth()
                        + ": what is sent to the pod goes elsewhere",
                    RECREATE,
                    Cite.joined(Cite.routes(wrong), veth));
              }
            });
  }

  private static void leakedHostRoute(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    for (Route route : node.vethRoutes()) {
      String device = NodeFacts.device(route);
      IpAddress address = route.destination().address();
      Optional<Link> link = node.link(device);
      boolean named = node.isNamed(address) || node.allocation(address).isPresent();
      if (node.linksKnown() && link.isEmpty()) {
        remarks.warning(
            address.toString(),
            "a route leads to " + device + ", and there is no such interface",
            "`ip route del " + address + " dev " + device + "`",
            List.of(Cite.route(route)));
      } else if (!named && heldByNobody(node, address)) {
        remarks.warning(
            address.toString(),
            "a route leads to " + device + ", but ipamd has given the address to no pod",
            "look whether a pod still uses " + device + "; if none does, `ip route del` it",
            List.of(Cite.route(route)));
      } else if (!named) {
        remarks.gap("whose address " + address + " behind " + device + " is, nothing tells");
      }
    }
  }

  /** By ipamd's word: the address is one of its own, and free. */
  private static boolean heldByNobody(NodeFacts node, IpAddress address) {
    boolean free =
        node.introspection().slot(address).map(slot -> !slot.assigned()).orElse(Boolean.TRUE);
    return node.introspection().eniOf(address).isPresent() && free;
  }

  private static void missingDefault(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    if (node.defaults(RtNames.TABLE_MAIN, node.family()).isEmpty()) {
      remarks.error(
          "table main",
          "no default route: the node, pods of its primary ENI and all that is translated reach"
              + " nothing beyond the subnet",
          "restart the node's network service, which gets this route by DHCP",
          Cite.routes(node.main().stream().limit(3).toList()));
    }
  }

  /** Tables that rules of pods and ENIs lead to. */
  private static Set<Integer> eniTables(NodeFacts node) {
    Set<Integer> tables = new TreeSet<>();
    for (PolicyRule rule : node.rules()) {
      boolean lookup = NodeFacts.isLookup(rule) && rule.family() == node.family();
      boolean ofPodOrEni =
          NodeRuleChecks.isOfPodOrEni(rule) || rule.inInterface().startsWith("vlan");
      if (lookup && ofPodOrEni && rule.table() != RtNames.TABLE_MAIN && rule.table() > 0) {
        tables.add(rule.table());
      }
    }
    tables.remove(RtNames.TABLE_LOCAL);
    return tables;
  }

  private static boolean tablesUnread(NodeFacts node, Remarks remarks) {
    if (!node.rulesKnown()) {
      remarks.notMade("the node's policy rules were not read: which tables are ENIs' is not known");
    }
    return !node.rulesKnown() || unread(node, remarks);
  }

  private static void missingEniRoute(NodeFacts node, Remarks remarks) {
    if (tablesUnread(node, remarks)) {
      return;
    }
    boolean onlyMain =
        node.routing().routes().stream().allMatch(route -> route.table() == RtNames.TABLE_MAIN);
    for (int table : eniTables(node)) {
      List<Route> routes = node.routing().table(table);
      List<Route> defaults = node.defaults(table, node.family());
      if (onlyMain) {
        remarks.gap("only table main was read, not table " + RtNames.table(table));
      } else if (defaults.isEmpty()) {
        remarks.error(
            "table " + RtNames.table(table),
            "no default route: what its pods send falls through to table main, leaves by the"
                + " primary ENI and is dropped by EC2",
            "restart aws-node: ipamd writes the routes of an ENI when it sets it up",
            Cite.joined(Cite.routes(routes), rulesTo(node, table)));
      } else {
        defaults.forEach(route -> gateway(node, table, route, remarks));
      }
    }
  }

  private static List<Citation> rulesTo(NodeFacts node, int table) {
    return node.rules().stream()
        .filter(rule -> rule.table() == table)
        .limit(2)
        .map(Cite::rule)
        .toList();
  }

  private static void gateway(NodeFacts node, int table, Route route, Remarks remarks) {
    Optional<IpAddress> gateway =
        route.nextHop().filter(hop -> !hop.onlink()).flatMap(hop -> hop.gateway());
    boolean reached =
        gateway.isEmpty()
            || node.routing().table(table).stream()
                .filter(other -> other.destination().prefixLength() > 0)
                .anyMatch(other -> other.destination().contains(gateway.get()));
    if (!reached) {
      remarks.warning(
          "table " + RtNames.table(table),
          "no route to the gateway "
              + gateway.get()
              + " itself: the default route can not be written again",
          "restart aws-node: ipamd writes the routes of an ENI when it sets it up",
          List.of(Cite.route(route)));
    }
  }

  private static void wrongEniRoute(NodeFacts node, Remarks remarks) {
    if (tablesUnread(node, remarks)) {
      return;
    }
    Optional<String> primary = node.primary();
    for (int table : eniTables(node)) {
      List<Route> wrong =
          node.defaults(table, node.family()).stream()
              .filter(route -> primary.filter(NodeFacts.device(route)::equals).isPresent())
              .toList();
      if (!wrong.isEmpty()) {
        remarks.error(
            "table " + RtNames.table(table),
            "the default route leaves by "
                + primary.get()
                + ", the primary ENI, which does not have the addresses of this table's pods: EC2"
                + " drops what they send",
            "restart aws-node: ipamd writes the routes of an ENI when it sets it up",
            Cite.joined(Cite.routes(wrong), rulesTo(node, table)));
      }
    }
  }

  private static void blackhole(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    for (Route route : node.routing().routes()) {
      boolean kernels =
          route.protocol() == RtNames.PROTOCOL_KERNEL || route.family() == IpFamily.IPV6;
      if (DROPPING.contains(route.type()) && !kernels) {
        boolean hurts = hurts(node, route.destination());
        remarks.add(
            hurts ? Severity.ERROR : Severity.WARNING,
            new Remarks.Fault(
                route.destination().toString(),
                "a route of "
                    + route.place()
                    + " drops what goes to "
                    + route.destination()
                    + (hurts ? ", where pods, nodes or the internet are" : ""),
                "`ip route del` it, and find out who wrote it: the CNI writes none",
                List.of(Cite.route(route))));
      }
    }
  }

  private static boolean hurts(NodeFacts node, Cidr range) {
    Stream<Cidr> inUse =
        Stream.concat(
            node.inventory().vpcCidrs().stream(),
            node.podAddresses().keySet().stream().map(one -> new Cidr(one, one.bits())));
    return range.prefixLength() == 0 || inUse.anyMatch(one -> overlap(one, range));
  }

  private static boolean overlap(Cidr one, Cidr other) {
    return one.contains(other.address()) || other.contains(one.address());
  }
}
