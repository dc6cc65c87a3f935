package io.podhop.agent.correlate;

import io.podhop.agent.ipam.VethNames;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.NextHop;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.Route;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.Cidr;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a node's links and routes say of its ENIs and pods: which table leaves by which ENI. */
record NodeRoutes(RouteSnapshot snapshot) {
  /** The interface that a table's default route leaves by; empty when it has none. */
  Optional<String> interfaceOfTable(int table) {
    return snapshot.table(table).stream()
        .filter(route -> route.destination().prefixLength() == 0)
        .flatMap(route -> route.nextHop().stream())
        .map(NextHop::interfaceName)
        .findFirst();
  }

  /** The table that a policy rule sends an address's packets to (priority 1536 of the CNI). */
  Optional<PolicyRule> fromRule(IpAddress address) {
    return snapshot.rules().stream()
        .filter(rule -> rule.from().filter(range -> isHost(range, address)).isPresent())
        .findFirst();
  }

  /** The host's end of a pod's veth: its other end, else where the pod's address is routed to. */
  Optional<Link> hostVeth(Optional<Link> podInterface, List<IpAddress> addresses) {
    Optional<Link> peer =
        podInterface
            .flatMap(link -> snapshot.link(link.peerIfindex()))
            .filter(link -> link.peerIfindex() == podInterface.get().ifindex());
    return peer.isPresent()
        ? peer
        : addresses.stream()
            .flatMap(address -> routeTo(address).stream())
            .flatMap(route -> route.nextHop().stream())
            .flatMap(hop -> snapshot.link(hop.ifindex()).stream())
            .findFirst();
  }

  /** Addresses that the host routes to what is named like a pod's veth, in whichever table. */
  List<IpAddress> podAddresses() {
    return snapshot.routes().stream()
        .filter(route -> isHost(route.destination(), route.destination().address()))
        .filter(
            route ->
                route
                    .nextHop()
                    .filter(hop -> VethNames.isHostVeth(hop.interfaceName()))
                    .isPresent())
        .map(route -> route.destination().address())
        .filter(address -> !isLinkLocal(address))
        .distinct()
        .toList();
  }

  private static boolean isLinkLocal(IpAddress address) {
    return !address.isIpv4() && address.high() >>> 54 == 0xfe80L >>> 6;
  }

  private Optional<Route> routeTo(IpAddress address) {
    return snapshot.table(RtNames.TABLE_MAIN).stream()
        .filter(route -> isHost(route.destination(), address))
        .findFirst();
  }

  /**
   * Interfaces with a default route of their own and an address: the node's ENIs, primary first.
   */
  List<EniInfo> enis() {
    List<EniInfo> enis = new ArrayList<>();
    Optional<String> primary = interfaceOfTable(RtNames.TABLE_MAIN);
    primary.flatMap(name -> eni(name, RtNames.TABLE_MAIN)).ifPresent(enis::add);
    for (Route route : snapshot.routes()) {
      if (route.destination().prefixLength() == 0 && route.table() != RtNames.TABLE_MAIN) {
        route
            .nextHop()
            .map(NextHop::interfaceName)
            .filter(name -> enis.stream().noneMatch(eni -> eni.interfaceName().equals(name)))
            .flatMap(name -> eni(name, route.table()))
            .ifPresent(enis::add);
      }
    }
    return List.copyOf(enis);
  }

  private Optional<EniInfo> eni(String name, int table) {
    return snapshot
        .link(name)
        .map(link -> new EniInfo("", name, link.ifindex(), addresses(name), table));
  }

  List<IpAddress> addresses(String interfaceName) {
    return snapshot.addresses().stream()
        .filter(address -> address.interfaceName().equals(interfaceName) && address.isGlobal())
        .map(InterfaceAddress::address)
        .toList();
  }

  private static boolean isHost(Cidr range, IpAddress address) {
    return range.prefixLength() == address.bits() && range.address().equals(address);
  }
}
