package io.podhop.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Who holds which address on another node, as the collector tells it.
 *
 * @param countsFlows its agent is connected and counts what begins there, so that nobody else
 *     should
 */
public record PeerNode(String node, List<Pod> pods, List<Eni> enis, boolean countsFlows) {
  private static final IpAddress NO_ADDRESS = IpAddress.ofIpv4(0);

  public PeerNode {
    pods = List.copyOf(pods);
    enis = List.copyOf(enis);
  }

  /**
   * A pod and its addresses.
   *
   * @param eniInterface the ENI that owns its first address; empty when unknown
   */
  public record Pod(PodRef ref, String workload, String eniInterface, List<IpAddress> addresses) {
    public Pod {
      addresses = List.copyOf(addresses);
    }
  }

  /**
   * An ENI's own addresses.
   *
   * @param interfaceName empty when unknown
   */
  public record Eni(String interfaceName, List<IpAddress> addresses) {
    public Eni {
      addresses = List.copyOf(addresses);
    }
  }

  /** What others need to know of a node. */
  public static PeerNode of(NodeInventory inventory, boolean countsFlows) {
    List<Eni> enis = new ArrayList<>();
    inventory.enis().forEach(eni -> enis.add(new Eni(eni.interfaceName(), eni.addresses())));
    IpAddress primary = inventory.primaryAddress();
    if (!primary.equals(NO_ADDRESS)
        && enis.stream().noneMatch(eni -> eni.addresses().contains(primary))) {
      enis.add(new Eni("", List.of(primary)));
    }
    return new PeerNode(
        inventory.node(),
        inventory.pods().stream()
            .map(pod -> new Pod(pod.ref(), pod.workload(), pod.eniInterface(), pod.addresses()))
            .toList(),
        enis,
        countsFlows);
  }

  /** A node that nothing is known of any more. */
  public static PeerNode forgotten(String node) {
    return new PeerNode(node, List.of(), List.of(), false);
  }

  public boolean isForgotten() {
    return pods.isEmpty() && enis.isEmpty();
  }
}
