package io.podhop.agent.predict;

import io.podhop.agent.correlate.NodePoints;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.nat.LocalAddresses;
import io.podhop.agent.route.EniOwnership;
import io.podhop.agent.route.Route;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.agent.route.RouteType;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Role;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Who is behind which interface of a node. */
final class NodeMap {
  private final NodeView view;
  private final NodePoints points;
  private final LocalAddresses local;
  private final EniOwnership ownership;

  NodeMap(NodeView view) {
    this.view = view;
    this.points = new NodePoints(view.inventory().node(), 0);
    this.local = local(view.routes());
    this.ownership = Ownership.of(view);
  }

  private static LocalAddresses local(RouteSnapshot routes) {
    Map<IpAddress, String> interfaces = new HashMap<>();
    for (InterfaceAddress own : routes.addresses()) {
      interfaces.put(own.address(), own.interfaceName());
    }
    List<Route> table = routes.table(RtNames.TABLE_LOCAL);
    Set<IpAddress> broadcasts =
        table.stream()
            .filter(route -> route.type() == RouteType.BROADCAST)
            .map(route -> route.destination().address())
            .collect(Collectors.toSet());
    return new LocalAddresses(
        interfaces, table.isEmpty() ? Optional.empty() : Optional.of(broadcasts));
  }

  String name() {
    return points.node();
  }

  NodeView view() {
    return view;
  }

  RouteSnapshot routes() {
    return view.routes();
  }

  LocalAddresses local() {
    return local;
  }

  EniOwnership ownership() {
    return ownership;
  }

  NodePoints points() {
    return points;
  }

  Optional<PodInfo> pod(PodRef ref) {
    return view.inventory().pods().stream().filter(pod -> pod.ref().equals(ref)).findFirst();
  }

  Optional<PodInfo> pod(IpAddress address) {
    return view.inventory().pods().stream()
        .filter(pod -> pod.addresses().contains(address))
        .findFirst();
  }

  Optional<RouteSnapshot> inside(PodInfo pod) {
    return Optional.ofNullable(view.insides().get(pod.ref()));
  }

  /** The pod at the other end of a host's interface. */
  Optional<PodInfo> behind(String interfaceName) {
    Optional<PodInfo> first =
        view.inventory().pods().stream()
            .filter(pod -> pod.hostVeth().equals(interfaceName))
            .findFirst();
    return first.isPresent() ? first : routes().link(interfaceName).flatMap(this::behind);
  }

  private Optional<PodInfo> behind(Link link) {
    return view.inventory().pods().stream()
        .filter(pod -> inside(pod).flatMap(inside -> otherEnd(inside, link)).isPresent())
        .findFirst();
  }

  /** The end of a veth pair in another namespace: both ends name each other's index. */
  private static Optional<Link> otherEnd(RouteSnapshot other, Link link) {
    return other.link(link.peerIfindex()).filter(end -> end.peerIfindex() == link.ifindex());
  }

  /** The host's end of a pod's interface; empty when it is not known. */
  Optional<ObservationPoint> hostEnd(PodInfo pod, String podInterface) {
    Optional<ObservationPoint> pair =
        inside(pod)
            .flatMap(inside -> inside.link(podInterface))
            .flatMap(link -> otherEnd(routes(), link))
            .map(link -> points.hostVeth(pod, link.ifindex(), link.name()));
    boolean first = podInterface.equals("eth0") && !pod.hostVeth().isEmpty();
    return pair.isPresent() ? pair : first ? Optional.of(points.hostVeth(pod)) : Optional.empty();
  }

  /** The pod's end of a host's interface. */
  ObservationPoint podEnd(PodInfo pod, String hostInterface) {
    String name =
        routes()
            .link(hostInterface)
            .flatMap(link -> inside(pod).flatMap(inside -> otherEnd(inside, link)))
            .map(Link::name)
            .orElse("eth0");
    return points.pod(pod, name);
  }

  /** A host's interface as a point: a veth of a pod, or else an ENI. */
  ObservationPoint point(String interfaceName) {
    Optional<PodInfo> pod = behind(interfaceName);
    int ifindex = routes().link(interfaceName).map(Link::ifindex).orElse(0);
    if (pod.isPresent()) {
      return points.hostVeth(pod.get(), ifindex, interfaceName);
    }
    boolean branch =
        routes().link(interfaceName).filter(link -> link.kind().equals("vlan")).isPresent();
    EniInfo eni = eni(interfaceName).orElse(new EniInfo("", interfaceName, ifindex, List.of(), 0));
    return points.eni(branch ? Role.BRANCH_ENI : Role.ENI, eni);
  }

  Optional<EniInfo> eni(String interfaceName) {
    return view.inventory().enis().stream()
        .filter(eni -> eni.interfaceName().equals(interfaceName))
        .findFirst();
  }
}
