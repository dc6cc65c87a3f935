package io.podhop.agent.correlate;

import io.podhop.agent.cri.CriSnapshot;
import io.podhop.agent.cri.Sandbox;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.Link;
import io.podhop.agent.nat.KubeServices;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.netns.PodNamespacesSnapshot;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.Cidr;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Joins the pods' network namespaces with ipamd's names for their addresses, the links and the
 * routing tables.
 */
public final class Inventory {
  private static final IpAddress NO_ADDRESS = IpAddress.ofIpv4(0);

  private final IpamSnapshot ipam;
  private final CriSnapshot runtime;
  private final NodeRoutes routes;
  private final List<Allocation> held;
  private final List<String> warnings = new ArrayList<>();

  private Inventory(IpamSnapshot ipam, CriSnapshot runtime, RouteSnapshot routes) {
    this.ipam = ipam;
    this.runtime = runtime;
    this.routes = new NodeRoutes(routes);
    this.held = ipam.currentWithDataStore();
  }

  /** What this node is, as the collector should know it. */
  public static NodeInventory join(
      String node,
      PodNamespacesSnapshot namespaces,
      IpamSnapshot ipam,
      CriSnapshot runtime,
      RouteSnapshot routes,
      NatSnapshot nat) {
    Inventory inventory = new Inventory(ipam, runtime, routes);
    List<PodInfo> pods =
        inventory.pods(
            namespaces.namespaces().stream().map(PodSight::of).toList(),
            " network namespaces have a pod's address that neither ipamd nor the container runtime"
                + " names");
    return inventory.node(node, pods, nat);
  }

  /**
   * The same without network namespaces, of a node that is not at hand: its pods are where ipamd's
   * books and the host's routes to veths say that there is one. They have neither inode nor pid.
   */
  public static NodeInventory joinFromOutside(
      String node, IpamSnapshot ipam, RouteSnapshot routes, NatSnapshot nat) {
    Inventory inventory = new Inventory(ipam, CriSnapshot.EMPTY, routes);
    List<PodInfo> pods =
        inventory.pods(
            PodSight.fromOutside(inventory.held, inventory.routes.podAddresses()),
            " addresses are routed to a pod's veth and ipamd does not name their pod");
    return inventory.node(node, pods, nat);
  }

  private NodeInventory node(String node, List<PodInfo> pods, NatSnapshot nat) {
    List<EniInfo> enis = new EniNames(ipam, routes.snapshot()).named(routes.enis());
    warnings.addAll(ipam.warnings());
    warnings.addAll(runtime.warnings());
    warnings.addAll(nat.warnings());
    List<Cidr> vpcCidrs = KubeServices.vpcCidrs(nat);
    return new NodeInventory(
        node,
        primaryAddress(enis, nat),
        vpcCidrs,
        enis,
        pods,
        KubeServices.of(nat),
        WithoutAddress.of(ipam, pods),
        warnings);
  }

  private static IpAddress primaryAddress(List<EniInfo> enis, NatSnapshot nat) {
    return KubeServices.snatAddress(nat)
        .or(() -> enis.stream().flatMap(eni -> eni.addresses().stream()).findFirst())
        .orElse(NO_ADDRESS);
  }

  private List<PodInfo> pods(List<PodSight> sights, String whenNameless) {
    List<PodInfo> pods = new ArrayList<>();
    int nameless = 0;
    for (PodSight sight : sights) {
      List<IpAddress> addresses = sight.addresses();
      if (addresses.isEmpty()) {
        continue;
      }
      Optional<Allocation> allocation =
          addresses.stream().flatMap(address -> held(address).stream()).findFirst();
      Optional<Sandbox> sandbox = sandbox(allocation, addresses);
      Optional<PodRef> name =
          allocation.flatMap(Allocation::pod).or(() -> sandbox.map(Sandbox::ref));
      if (name.isPresent()) {
        pods.add(pod(name.get(), sight, allocation, sandbox));
      } else {
        nameless++;
      }
    }
    if (nameless > 0) {
      warnings.add(nameless + whenNameless);
    }
    pods.sort(Comparator.comparing(PodInfo::ref));
    return List.copyOf(pods);
  }

  /** The container runtime's word: by sandbox id where ipamd knows it, else by address. */
  private Optional<Sandbox> sandbox(Optional<Allocation> allocation, List<IpAddress> addresses) {
    return allocation
        .flatMap(held -> runtime.byId(held.containerId()))
        .or(
            () ->
                addresses.stream()
                    .flatMap(address -> runtime.byAddress(address).stream())
                    .findFirst());
  }

  private Optional<Allocation> held(IpAddress address) {
    return held.stream().filter(allocation -> allocation.address().equals(address)).findFirst();
  }

  private PodInfo pod(
      PodRef ref, PodSight sight, Optional<Allocation> allocation, Optional<Sandbox> sandbox) {
    List<IpAddress> addresses = sight.addresses();
    Optional<Link> veth = routes.hostVeth(sight.podInterface(), addresses);
    int table =
        allocation
            .map(Allocation::routeTable)
            .filter(OptionalInt::isPresent)
            .map(OptionalInt::getAsInt)
            .or(() -> routes.fromRule(addresses.getFirst()).map(PolicyRule::table))
            .orElse(0);
    return new PodInfo(
        ref,
        sandbox.flatMap(Sandbox::workload).orElse(Workloads.of(ref.name())),
        allocation.map(Allocation::containerId).or(() -> sandbox.map(Sandbox::id)).orElse(""),
        addresses,
        sight.netnsInode(),
        sight.pid(),
        veth.map(Link::name).or(() -> allocation.map(Allocation::hostVeth)).orElse(""),
        veth.map(Link::ifindex).orElse(0),
        table == 0 ? "" : routes.interfaceOfTable(table).orElse(""),
        table);
  }
}
