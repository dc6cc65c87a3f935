package io.podhop.agent.correlate;

import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything this node knows at one moment: the snapshots that correlation joins.
 *
 * @param peers of other nodes, where its own word does not reach
 * @param insides the routing state of pods' own network namespaces: only of those that a question
 *     needs, and of none where there are no namespaces (a support bundle)
 * @param reading when the node was read, and what of it could not be
 */
public record NodeView(
    NodeInventory inventory,
    IpamSnapshot ipam,
    RouteSnapshot routes,
    NatSnapshot nat,
    PeerBook peers,
    Map<PodRef, RouteSnapshot> insides,
    Reading reading) {
  public NodeView {
    insides = Map.copyOf(insides);
  }

  /** Of a node read just now, without a look into pods' namespaces. */
  public NodeView(
      NodeInventory inventory,
      IpamSnapshot ipam,
      RouteSnapshot routes,
      NatSnapshot nat,
      PeerBook peers) {
    this(inventory, ipam, routes, nat, peers, Map.of(), Reading.now());
  }

  /** Of a node read just now, without knowledge of other nodes. */
  public NodeView(
      NodeInventory inventory, IpamSnapshot ipam, RouteSnapshot routes, NatSnapshot nat) {
    this(inventory, ipam, routes, nat, PeerBook.EMPTY);
  }

  /** The same with these pods' own namespaces. */
  public NodeView with(Map<PodRef, RouteSnapshot> podInsides) {
    return new NodeView(inventory, ipam, routes, nat, peers, podInsides, reading);
  }

  /** The same, read otherwise. */
  public NodeView with(Reading otherReading) {
    return new NodeView(inventory, ipam, routes, nat, peers, insides, otherReading);
  }

  Optional<PodInfo> pod(IpAddress address) {
    return inventory.pods().stream().filter(pod -> pod.addresses().contains(address)).findFirst();
  }

  /** The ENI that an address belongs to: a pod's by ipamd's word, or the ENI's own. */
  Optional<String> owningEni(IpAddress address) {
    Optional<String> ofPod = pod(address).map(PodInfo::eniInterface);
    return ofPod.isPresent()
        ? ofPod.filter(name -> !name.isEmpty())
        : inventory.enis().stream()
            .filter(eni -> eni.addresses().contains(address))
            .map(EniInfo::interfaceName)
            .findFirst();
  }

  Set<IpAddress> localAddresses() {
    return routes.addresses().stream()
        .map(InterfaceAddress::address)
        .collect(Collectors.toUnmodifiableSet());
  }
}
