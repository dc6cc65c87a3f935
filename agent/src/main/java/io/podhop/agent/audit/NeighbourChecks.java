package io.podhop.agent.audit;

import io.podhop.agent.correlate.NodePart;
import io.podhop.agent.route.Neighbour;
import io.podhop.model.EniInfo;
import io.podhop.model.PodInfo;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whom the node cannot reach on the link, and whose MAC it no longer asks for. */
final class NeighbourChecks {
  static final List<Check> ALL =
      List.of(
          new Check("neighbour-failed", NeighbourChecks::failed),
          new Check("static-neighbour", NeighbourChecks::permanent));

  private static final String FAILED = "FAILED";

  private NeighbourChecks() {}

  private static boolean unread(NodeFacts node, Remarks remarks) {
    // An idle node has none; one that was read shows at least its links.
    boolean unread =
        node.routing().neighbours().isEmpty()
            && (node.lacks(NodePart.NEIGHBOURS) || !node.linksKnown());
    if (unread) {
      remarks.notMade("the node's neighbours were not read");
    }
    return unread;
  }

  private static void failed(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    Set<String> gateways = gateways(node);
    for (Neighbour entry : node.routing().neighbours()) {
      if (!entry.state().equals(FAILED)) {
        continue;
      }
      Optional<PodInfo> pod = node.podOf(entry.address());
      if (gateways.contains(entry.interfaceName() + " " + entry.address())) {
        remarks.error(
            entry.interfaceName(),
            "the gateway "
                + entry.address()
                + " does not answer ARP on "
                + entry.interfaceName()
                + ": nothing leaves by this ENI",
            "look whether EC2 still has the ENI attached and in use",
            List.of(Cite.neighbour(entry, "")));
      } else if (pod.isPresent() && entry.interfaceName().equals(pod.get().hostVeth())) {
        remarks.error(
            pod.get().ref().toString(),
            "the pod does not answer ARP on its veth: nothing reaches it",
            "look at the pod's eth0, or delete the pod so that it is made anew",
            List.of(Cite.neighbour(entry, "")));
      }
    }
  }

  private static Set<String> gateways(NodeFacts node) {
    Set<String> gateways = new HashSet<>();
    node.routing().routes().stream()
        .filter(route -> route.destination().prefixLength() == 0)
        .flatMap(route -> route.nextHops().stream())
        .filter(hop -> hop.gateway().isPresent())
        .forEach(hop -> gateways.add(hop.interfaceName() + " " + hop.gateway().get()));
    return gateways;
  }

  private static boolean onEni(NodeFacts node, Neighbour entry) {
    return node.inventory().enis().stream()
        .map(EniInfo::interfaceName)
        .anyMatch(entry.interfaceName()::equals);
  }

  private static void permanent(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    for (Neighbour entry : node.routing().neighbours()) {
      if (entry.state().equals("PERMANENT") && onEni(node, entry)) {
        remarks.warning(
            entry.address().toString(),
            "the node does not ask for the MAC of "
                + entry.address()
                + " on "
                + entry.interfaceName()
                + ", its entry is permanent: when the address moves to another ENI, packets to it"
                + " are lost",
            "`ip neigh del " + entry.address() + " dev " + entry.interfaceName() + "`",
            List.of(Cite.neighbour(entry, "")));
      }
    }
  }
}
