package io.podhop.collector.registry;

import io.podhop.model.Cidr;
import io.podhop.model.Endpoint;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.Owner;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Protocol;
import io.podhop.model.ServicePort;
import io.podhop.model.Unaddressed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What all nodes together say at one moment. */
record Cluster(List<AgentStatus> nodes) {
  /** A pod where one node says it is. */
  record Placed(AgentStatus status, NodeInventory inventory, PodInfo pod) {
    Owner.Pod owner() {
      return new Owner.Pod(
          pod.ref(), pod.workload(), inventory.node(), pod.eniInterface(), Optional.empty());
    }
  }

  Stream<Placed> pods() {
    return nodes.stream()
        .flatMap(
            status ->
                status.inventory().stream()
                    .flatMap(
                        inventory ->
                            inventory.pods().stream()
                                .map(pod -> new Placed(status, inventory, pod))));
  }

  /**
   * Pods of that name, an empty namespace standing for all of them. When a node was replaced, a
   * living agent's word counts and a dead one's does not.
   */
  List<Placed> podsNamed(PodRef ref) {
    boolean anywhere = ref.namespace().isEmpty();
    return livingFirst(
        pods()
            .filter(placed -> placed.pod().ref().name().equals(ref.name()))
            .filter(placed -> anywhere || placed.pod().ref().equals(ref))
            .toList());
  }

  Stream<Unaddressed> unaddressed() {
    return nodes.stream()
        .flatMap(status -> status.inventory().stream())
        .flatMap(inventory -> inventory.unaddressed().stream());
  }

  List<Placed> podsAt(IpAddress address) {
    return livingFirst(
        pods().filter(placed -> placed.pod().addresses().contains(address)).toList());
  }

  private static List<Placed> livingFirst(List<Placed> pods) {
    List<Placed> living = pods.stream().filter(placed -> placed.status().connected()).toList();
    return living.isEmpty() ? pods : living;
  }

  Optional<AgentStatus> node(String name) {
    return nodes.stream().filter(status -> status.node().equals(name)).findFirst();
  }

  Stream<NodeInventory> inventories() {
    return nodes.stream().flatMap(status -> status.inventory().stream());
  }

  /** A service's ports as all nodes together know them: endpoints are joined. */
  List<ServicePort> services() {
    Map<String, ServicePort> services = new LinkedHashMap<>();
    inventories()
        .flatMap(inventory -> inventory.services().stream())
        .forEach(service -> services.merge(key(service), service, Cluster::join));
    return List.copyOf(services.values());
  }

  /** The one namespace that has a service of that name, else {@code default}. */
  String namespaceOfService(String name) {
    List<String> namespaces =
        services().stream()
            .filter(service -> service.name().equals(name))
            .map(ServicePort::namespace)
            .distinct()
            .toList();
    return namespaces.size() == 1 ? namespaces.getFirst() : "default";
  }

  private static String key(ServicePort service) {
    return service.namespace()
        + "/"
        + service.name()
        + " "
        + service.protocol()
        + " "
        + service.clusterIp()
        + " "
        + service.port();
  }

  private static ServicePort join(ServicePort a, ServicePort b) {
    Set<ServicePort.Backend> endpoints = new LinkedHashSet<>(a.endpoints());
    endpoints.addAll(b.endpoints());
    return new ServicePort(
        a.namespace(),
        a.name(),
        a.portName(),
        a.protocol(),
        a.clusterIp(),
        a.port(),
        Math.max(a.nodePort(), b.nodePort()),
        List.copyOf(endpoints));
  }

  /** Who holds an address by the word of the nodes. */
  Owner ownerOf(IpAddress address) {
    Optional<Owner> pod =
        pods()
            .filter(placed -> placed.pod().addresses().contains(address))
            .<Owner>map(Placed::owner)
            .findFirst();
    Optional<Owner> node = inventories().flatMap(i -> nodeOwner(i, address).stream()).findFirst();
    Optional<Owner> service =
        services().stream()
            .filter(s -> s.clusterIp().equals(address))
            .<Owner>map(s -> new Owner.Service(s.namespace(), s.name(), s.portName()))
            .findFirst();
    return pod.or(() -> node).or(() -> service).orElse(stranger(address));
  }

  /** Pods at that address, else nodes that have it themselves; each node once. */
  List<Holder> holders(IpAddress address) {
    List<Holder> pods = podsAt(address).stream().map(Cluster::holder).distinct().toList();
    return pods.isEmpty()
        ? inventories()
            .filter(inventory -> addresses(inventory).contains(address))
            .map(inventory -> holder(inventory, address))
            .toList()
        : pods;
  }

  private static Holder holder(Placed placed) {
    return new Holder(
        placed.inventory().node(),
        onlyEniOr(placed.pod().eniInterface(), placed.inventory()),
        placed.pod().ref().toString());
  }

  private static Holder holder(NodeInventory inventory, IpAddress address) {
    String eni =
        inventory.enis().stream()
            .filter(e -> e.addresses().contains(address))
            .map(EniInfo::interfaceName)
            .findFirst()
            .orElse("");
    return new Holder(inventory.node(), onlyEniOr(eni, inventory), "");
  }

  /** A node with one ENI has everything on it, even where nobody says so. */
  private static String onlyEniOr(String told, NodeInventory inventory) {
    return told.isEmpty() && inventory.enis().size() == 1
        ? inventory.enis().getFirst().interfaceName()
        : told;
  }

  private Owner stranger(IpAddress address) {
    boolean inVpc =
        inventories()
            .flatMap(inventory -> inventory.vpcCidrs().stream())
            .anyMatch((Cidr range) -> range.contains(address));
    return inVpc ? new Owner.Unknown() : new Owner.External("");
  }

  private static Optional<Owner> nodeOwner(NodeInventory inventory, IpAddress address) {
    return inventory.enis().stream()
        .filter(eni -> eni.addresses().contains(address))
        .<Owner>map(eni -> new Owner.Node(inventory.node(), eni.interfaceName()))
        .findFirst()
        .or(
            () ->
                inventory.primaryAddress().equals(address)
                    ? Optional.of(new Owner.Node(inventory.node(), ""))
                    : Optional.empty());
  }

  /** The services whose node port this is. */
  List<ServicePort> nodePorts(int port, Protocol protocol) {
    return services().stream()
        .filter(s -> port != 0 && s.nodePort() == port && s.protocol() == protocol)
        .toList();
  }

  List<Endpoint> backends(List<ServicePort> ports) {
    List<Endpoint> backends = new ArrayList<>();
    for (ServicePort port : ports) {
      for (ServicePort.Backend backend : port.endpoints()) {
        backends.add(new Endpoint(backend.address(), backend.port(), ownerOf(backend.address())));
      }
    }
    return backends;
  }

  static List<IpAddress> addresses(NodeInventory inventory) {
    return Stream.concat(
            Stream.of(inventory.primaryAddress()),
            inventory.enis().stream().map(EniInfo::addresses).flatMap(List::stream))
        .distinct()
        .toList();
  }

  /** For error messages: {@code 2 nodes and 8 pods are known}. */
  String known() {
    long pods = pods().count();
    return nodes.size()
        + (nodes.size() == 1 ? " node" : " nodes")
        + " and "
        + pods
        + (pods == 1 ? " pod are known" : " pods are known");
  }
}
