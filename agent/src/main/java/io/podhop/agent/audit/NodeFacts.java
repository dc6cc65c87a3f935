package io.podhop.agent.audit;

import io.podhop.agent.correlate.NodePart;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.EniPool;
import io.podhop.agent.ipam.IntrospectionSnapshot;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.ipam.VethNames;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.route.NextHop;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.Route;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.agent.route.RouteType;
import io.podhop.agent.route.RuleAction;
import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A node's view, and what several checks ask of it. */
final class NodeFacts {
  /** What the CNI names a branch ENI's interface. */
  static final String BRANCH_LINK = "vlan.eth.";

  /** Table of a branch ENI, less its VLAN id. */
  static final int BRANCH_TABLES = 100;

  private final NodeView view;
  private final Map<IpAddress, PodInfo> podOf = new LinkedHashMap<>();

  NodeFacts(NodeView view) {
    this.view = view;
    for (PodInfo pod : pods()) {
      addresses(pod).forEach(address -> podOf.putIfAbsent(address, pod));
    }
    for (Route route : vethRoutes()) {
      IpAddress address = route.destination().address();
      if (!podOf.containsKey(address) && (leadsToLink(route) || !linksKnown())) {
        podOf.put(address, unnamed(address, device(route)));
      }
    }
  }

  /** A pod that nothing names: the host routes its address to what is named like a veth. */
  private static PodInfo unnamed(IpAddress address, String veth) {
    PodRef ref = new PodRef("?", address.toString());
    return new PodInfo(ref, "", "", List.of(address), 0, 0, veth, 0, "", 0);
  }

  NodeView view() {
    return view;
  }

  NodeInventory inventory() {
    return view.inventory();
  }

  List<PodInfo> pods() {
    return view.inventory().pods();
  }

  RouteSnapshot routing() {
    return view.routes();
  }

  NatSnapshot nat() {
    return view.nat();
  }

  IpamSnapshot ipam() {
    return view.ipam();
  }

  IntrospectionSnapshot introspection() {
    return view.ipam().introspection();
  }

  List<PolicyRule> rules() {
    return view.routes().rules();
  }

  /** The routes of table main. */
  List<Route> main() {
    return view.routes().table(RtNames.TABLE_MAIN);
  }

  /** Whether a part of the node was not at hand: that it is empty means nothing then. */
  boolean lacks(NodePart part) {
    return view.reading().lacks(part);
  }

  /** A node without rules or routes does not exist: they were not read. */
  boolean rulesKnown() {
    boolean ipv4 = family() == IpFamily.IPV4;
    return !rules().isEmpty() && !lacks(ipv4 ? NodePart.RULES : NodePart.RULES6);
  }

  boolean routesKnown() {
    boolean ipv4 = family() == IpFamily.IPV4;
    return !main().isEmpty() && !lacks(ipv4 ? NodePart.ROUTES : NodePart.ROUTES6);
  }

  /** Whether links were listed; one that nothing but a route names has no MTU. */
  boolean linksKnown() {
    return view.routes().links().stream().anyMatch(link -> link.mtuBytes() > 0);
  }

  /** The addresses that the CNI routes: of a pod with an IPv4 address, those of IPv4. */
  static List<IpAddress> addresses(PodInfo pod) {
    boolean ipv4 = pod.addresses().stream().anyMatch(IpAddress::isIpv4);
    return pod.addresses().stream().filter(address -> address.isIpv4() == ipv4).toList();
  }

  Optional<PodInfo> podOf(IpAddress address) {
    return Optional.ofNullable(podOf.get(address));
  }

  /** Whether a pod that something names has the address. */
  boolean isNamed(IpAddress address) {
    return pods().stream().anyMatch(pod -> pod.addresses().contains(address));
  }

  /** The addresses of all pods with their pods, in the order of the pods; then nameless ones. */
  Map<IpAddress, PodInfo> podAddresses() {
    return podOf;
  }

  /**
   * Whether somebody on this node has the address: a pod that is known by name, one of ipamd's
   * books, or one that nothing names and a veth leads to.
   */
  boolean taken(IpAddress address) {
    return podOf.containsKey(address) || allocation(address).isPresent();
  }

  Optional<Allocation> allocation(IpAddress address) {
    return view.ipam().historyOf(address).stream()
        .filter(holding -> holding.until().isEmpty())
        .reduce((_, last) -> last);
  }

  /** Whether the pod's traffic takes a branch ENI always, even on the node (strict mode). */
  boolean isStrictBranch(PodInfo pod) {
    return pod.hostVeth().matches("vlan[0-9a-f]{11}");
  }

  private static boolean isBranch(Allocation held) {
    return held.deviceNumber().isPresent() && held.deviceNumber().getAsInt() < 0;
  }

  /** Whether a pod has an address of a branch ENI, which ipamd does not list. */
  boolean isBranch(PodInfo pod, IpAddress address) {
    return isStrictBranch(pod)
        || allocation(address).filter(NodeFacts::isBranch).isPresent()
        || rulesFrom(address).stream().anyMatch(rule -> branchTable(rule.table()));
  }

  private boolean branchTable(int table) {
    return view.routes().link(BRANCH_LINK + (table - BRANCH_TABLES)).isPresent();
  }

  /**
   * The table that packets from the address must leave by, by the ENI that has the address; empty
   * when no one but the rules themselves says which that is.
   */
  OptionalInt tableOf(IpAddress address) {
    Optional<EniPool> eni = introspection().eniOf(address);
    if (eni.isPresent()) {
      return tableOf(eni.get());
    }
    Optional<Allocation> held = allocation(address);
    if (held.isPresent() && held.get().routeTable().isPresent()) {
      return held.get().routeTable();
    }
    return held.isPresent() && held.get().deviceNumber().isPresent()
        ? ofDevice(held.get().deviceNumber().getAsInt())
        : OptionalInt.empty();
  }

  static OptionalInt tableOf(EniPool eni) {
    if (eni.routeTable().isPresent() && eni.routeTable().getAsInt() != 0) {
      return eni.routeTable();
    }
    return eni.networkCard() == 0 ? ofDevice(eni.deviceNumber()) : OptionalInt.empty();
  }

  /** Of network card 0, in every release. */
  private static OptionalInt ofDevice(int device) {
    if (device < 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(device == 0 ? RtNames.TABLE_MAIN : device + 1);
  }

  /** ipamd's word for the ENI that has an address. */
  Optional<String> eniText(IpAddress address) {
    return introspection()
        .eniOf(address)
        .map(
            eni ->
                eni.id()
                    + " has "
                    + address
                    + ", device "
                    + eni.deviceNumber()
                    + (eni.primary() ? " (primary)" : ""));
  }

  /** Lookups of one source address, of whatever destination. */
  List<PolicyRule> rulesFrom(IpAddress address) {
    return rules().stream()
        .filter(rule -> rule.from().filter(range -> isHost(range, address)).isPresent())
        .filter(rule -> at(rule, 1536) && isLookup(rule))
        .toList();
  }

  static boolean isLookup(PolicyRule rule) {
    return rule.action() == RuleAction.LOOKUP && !rule.inverted();
  }

  /** A rule of that priority, or of none that is known. */
  static boolean at(PolicyRule rule, int priority) {
    return rule.priority() == priority || rule.priority() == PolicyRule.PRIORITY_UNKNOWN;
  }

  /** Whether nothing but source and destination selects packets. */
  static boolean byAddressOnly(PolicyRule rule) {
    return rule.fwmark() == 0
        && rule.fwmarkMask() == 0
        && rule.inInterface().isEmpty()
        && rule.outInterface().isEmpty()
        && rule.otherSelectors().isEmpty();
  }

  static boolean isHost(Cidr range, IpAddress address) {
    return range.prefixLength() == address.bits() && range.address().equals(address);
  }

  static boolean isHost(Cidr range) {
    return range.prefixLength() == range.address().bits();
  }

  /** The routes of table main to one address. */
  List<Route> hostRoutes(IpAddress address) {
    return main().stream().filter(route -> isHost(route.destination(), address)).toList();
  }

  /** The routes of table main to what is named like a pod's veth. */
  List<Route> vethRoutes() {
    List<Route> found = new ArrayList<>();
    for (Route route : main()) {
      boolean link = route.destination().address().toString().startsWith("fe80:");
      if (isHost(route.destination()) && !link && VethNames.isHostVeth(device(route))) {
        found.add(route);
      }
    }
    return found;
  }

  /** Where a route leads; empty for one that drops. */
  static String device(Route route) {
    return route.nextHops().stream().map(NextHop::interfaceName).findFirst().orElse("");
  }

  private boolean leadsToLink(Route route) {
    return VethNames.isHostVeth(device(route)) && link(device(route)).isPresent();
  }

  Optional<Link> link(String name) {
    return view.routes().link(name);
  }

  /** The default routes of a table that forward. */
  List<Route> defaults(int table, IpFamily family) {
    return view.routes().table(table).stream()
        .filter(route -> route.family() == family && route.destination().prefixLength() == 0)
        .filter(route -> route.type() == RouteType.UNICAST)
        .toList();
  }

  /** The interface that the node's own traffic leaves by: the primary ENI. */
  Optional<String> primary() {
    return defaults(RtNames.TABLE_MAIN, family()).stream()
        .map(NodeFacts::device)
        .filter(name -> !name.isEmpty())
        .findFirst();
  }

  /** What the cluster's pods speak. */
  IpFamily family() {
    boolean ipv6 = !podOf.isEmpty() && podOf.keySet().stream().noneMatch(IpAddress::isIpv4);
    return ipv6 ? IpFamily.IPV6 : IpFamily.IPV4;
  }

  /** Setting of ipamd that is on or off; empty when ipamd did not tell. */
  Optional<Boolean> setting(String name) {
    return Optional.ofNullable(introspection().settings().get(name))
        .map(value -> value.equalsIgnoreCase("true"));
  }
}
