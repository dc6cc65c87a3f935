package io.podhop.agent.correlate;

import io.podhop.model.IpAddress;
import io.podhop.model.Owner;
import io.podhop.model.PeerNode;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Who holds which address on the other nodes, by the collector's word at one moment. */
public final class PeerBook {
  /** Of a node that knows of no other. */
  public static final PeerBook EMPTY = of(List.of());

  private final Map<IpAddress, Owner> owners;
  private final Set<String> counting;

  private PeerBook(Map<IpAddress, Owner> owners, Set<String> counting) {
    this.owners = owners;
    this.counting = counting;
  }

  /** Where two nodes claim an address, the one whose agent is there now is believed. */
  static PeerBook of(Collection<PeerNode> nodes) {
    Map<IpAddress, Owner> owners = new HashMap<>();
    nodes.stream()
        .sorted(Comparator.comparing(PeerNode::countsFlows))
        .forEach(node -> add(node, owners));
    return new PeerBook(
        owners,
        nodes.stream()
            .filter(PeerNode::countsFlows)
            .map(PeerNode::node)
            .collect(Collectors.toUnmodifiableSet()));
  }

  private static void add(PeerNode node, Map<IpAddress, Owner> owners) {
    for (PeerNode.Eni eni : node.enis()) {
      Owner owner = new Owner.Node(node.node(), eni.interfaceName());
      eni.addresses().forEach(address -> owners.put(address, owner));
    }
    for (PeerNode.Pod pod : node.pods()) {
      Owner owner =
          new Owner.Pod(
              pod.ref(), pod.workload(), node.node(), pod.eniInterface(), Optional.empty());
      pod.addresses().forEach(address -> owners.put(address, owner));
    }
  }

  /** The pod or node that has an address; empty when no other node said so. */
  Optional<Owner> owner(IpAddress address) {
    return Optional.ofNullable(owners.get(address));
  }

  /** Whether what an address opens is counted by the node it is on. */
  boolean isCounted(IpAddress source) {
    return switch (owners.get(source)) {
      case Owner.Pod pod -> counting.contains(pod.node());
      case Owner.Node node -> counting.contains(node.name());
      case null -> false;
      case Owner.Service _, Owner.External _, Owner.Unknown _ -> false;
    };
  }

  /** Addresses known. */
  public int size() {
    return owners.size();
  }
}
