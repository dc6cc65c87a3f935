package io.podhop.agent.correlate;

import io.podhop.agent.ipam.Allocation;
import io.podhop.model.Cidr;
import io.podhop.model.Endpoint;
import io.podhop.model.EniInfo;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.ServicePort;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Who the two ends of a flow are: this node's pods by who held the address at the time, itself,
 * pods and nodes elsewhere by the collector's word or else by the service they stand behind,
 * services by their virtual address, and hosts outside by the name that the pod learnt. Made anew
 * for every view.
 */
public final class FlowNames {
  private final NodeView view;
  private final LearntNames<String> learnt;
  private final Map<IpAddress, PodInfo> pods = new HashMap<>();
  private final Map<IpAddress, String> podNames = new HashMap<>();
  private final Map<IpAddress, Owner> nodes = new HashMap<>();
  private final Map<Listening, Owner> services = new HashMap<>();
  private final Map<IpAddress, Owner> backends = new HashMap<>();

  public FlowNames(NodeView view, LearntNames<String> learnt) {
    this.view = view;
    this.learnt = learnt;
    String node = view.inventory().node();
    for (PodInfo pod : view.inventory().pods()) {
      String name = pod.ref().toString();
      for (IpAddress address : pod.addresses()) {
        pods.put(address, pod);
        podNames.put(address, name);
      }
    }
    view.localAddresses().forEach(address -> nodes.put(address, new Owner.Node(node, "")));
    for (EniInfo eni : view.inventory().enis()) {
      Owner owner = new Owner.Node(node, eni.interfaceName());
      eni.addresses().forEach(address -> nodes.put(address, owner));
    }
    view.inventory().services().forEach(this::add);
  }

  private record Listening(Protocol protocol, IpAddress address, int port) {}

  /** The two ends of a flow. */
  public record Ends(Endpoint source, Endpoint destination) {}

  private void add(ServicePort port) {
    Owner owner = new Owner.Service(port.namespace(), port.name(), port.portName());
    services.put(new Listening(port.protocol(), port.clusterIp(), port.port()), owner);
    for (ServicePort.Backend backend : port.endpoints()) {
      services.putIfAbsent(
          new Listening(port.protocol(), backend.address(), backend.port()), owner);
      backends.putIfAbsent(backend.address(), owner);
    }
  }

  /**
   * @param point where the flow was seen: names learnt from DNS are the pod's own
   * @param firstNs epoch nanoseconds of the flow's first packet
   */
  public Ends ends(FlowKey key, ObservationPoint point, long firstNs) {
    String pod = point.role() == Role.POD_ETH0 ? point.owner() : "";
    Owner source =
        owner(key.source(), firstNs, pod, Optional.ofNullable(backends.get(key.source())));
    Optional<Owner> service =
        Optional.ofNullable(
            services.get(new Listening(key.protocol(), key.destination(), key.destinationPort())));
    return new Ends(
        new Endpoint(key.source(), key.sourcePort(), source),
        new Endpoint(
            key.destination(),
            key.destinationPort(),
            owner(key.destination(), firstNs, pod, service)));
  }

  /** The pod of this node that has an address now. */
  public Optional<PodInfo> localPod(IpAddress address) {
    return Optional.ofNullable(pods.get(address));
  }

  /** The same pod's {@code namespace/name}; empty when there is none. */
  public String localPodName(IpAddress address) {
    return podNames.getOrDefault(address, "");
  }

  /** Whether an address is the node's own, not a pod's. */
  public boolean isNode(IpAddress address) {
    return nodes.containsKey(address);
  }

  /** Whether another node counts what this address opens, so that this one must not. */
  public boolean isCountedElsewhere(IpAddress source) {
    return !pods.containsKey(source) && !isNode(source) && view.peers().isCounted(source);
  }

  private Owner owner(IpAddress address, long atNs, String pod, Optional<Owner> service) {
    Optional<Owner> local = localPod(address, atNs);
    if (local.isPresent()) {
      return local.get();
    }
    Owner node = nodes.get(address);
    if (node != null) {
      return node;
    }
    Optional<Owner> known =
        view.peers()
            .owner(address)
            .or(() -> service)
            .or(() -> learnt.name(pod, address, atNs).map(Owner.External::new));
    return known.isPresent() ? known.get() : stranger(address);
  }

  private Owner stranger(IpAddress address) {
    boolean inVpc = view.inventory().vpcCidrs().stream().anyMatch((Cidr c) -> c.contains(address));
    return inVpc ? new Owner.Unknown() : new Owner.External("");
  }

  /** The pod that held the address then by ipamd's word, else the one that has it now. */
  private Optional<Owner> localPod(IpAddress address, long atNs) {
    PodInfo now = pods.get(address);
    Optional<Allocation> then = view.ipam().holderAt(address, Instant.ofEpochSecond(0, atNs));
    Optional<PodRef> ref = then.flatMap(Allocation::pod);
    Optional<Instant> since = then.map(Allocation::from);
    String node = view.inventory().node();
    if (now != null && ref.map(now.ref()::equals).orElse(true)) {
      return Optional.of(new Owner.Pod(now.ref(), now.workload(), node, now.eniInterface(), since));
    }
    return ref.map(pod -> new Owner.Pod(pod, Workloads.of(pod.name()), node, "", since));
  }
}
