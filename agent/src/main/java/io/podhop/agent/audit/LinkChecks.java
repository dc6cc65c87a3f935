package io.podhop.agent.audit;

import io.podhop.agent.linux.Link;
import io.podhop.model.EniInfo;
import io.podhop.model.PodInfo;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** ENIs and the host's ends of pods' veths are there and up. */
final class LinkChecks {
  static final List<Check> ALL =
      List.of(new Check("eni-down", LinkChecks::eni), new Check("veth-down", LinkChecks::veth));

  private LinkChecks() {}

  private static boolean unread(NodeFacts node, Remarks remarks) {
    if (!node.linksKnown()) {
      remarks.notMade("the node's links were not read");
    }
    return !node.linksKnown();
  }

  private static void eni(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    for (String name : enis(node)) {
      Optional<Link> link = node.link(name);
      if (link.isPresent() && !(link.get().up() && link.get().carrier())) {
        remarks.error(
            name,
            "the ENI is " + state(link.get()) + ": nothing leaves or arrives by it",
            "`ip link set " + name + " up`, and look into the kernel's log",
            List.of(Cite.link(link.get(), "")));
      }
    }
  }

  /** Those with a default route now, and those that the kernel knows as hardware. */
  private static Iterable<String> enis(NodeFacts node) {
    TreeSet<String> names = new TreeSet<>();
    node.inventory().enis().stream().map(EniInfo::interfaceName).forEach(names::add);
    node.routing().links().stream()
        .filter(link -> link.kind().isEmpty() && link.name().matches("(eth|ens)\\d+"))
        .map(Link::name)
        .forEach(names::add);
    return names;
  }

  /** ifconfig, to which no link owes an index, shows those that are up. */
  private static boolean allListed(NodeFacts node) {
    return node.routing().links().stream().anyMatch(link -> link.ifindex() > 0);
  }

  static String state(Link link) {
    return link.up() ? "without carrier" : "down";
  }

  private static void veth(NodeFacts node, Remarks remarks) {
    if (unread(node, remarks)) {
      return;
    }
    for (PodInfo pod : node.pods()) {
      Optional<Link> link = node.link(pod.hostVeth());
      if (pod.hostVeth().isEmpty()) {
        remarks.gap("the host's end of the veth of " + pod.ref() + " is not known");
      } else if (link.isEmpty()) {
        remarks.error(
            pod.ref().toString(),
            "the pod's veth "
                + pod.hostVeth()
                + (allListed(node) ? " does not exist" : " is down or does not exist")
                + ": the pod has no network",
            "delete the pod so that its controller makes it anew",
            List.of(Cite.note("no link " + pod.hostVeth())));
      } else if (!(link.get().up() && link.get().carrier())) {
        remarks.error(
            pod.ref().toString(),
            "the pod's veth "
                + pod.hostVeth()
                + " is "
                + state(link.get())
                + ": nothing reaches or leaves the pod",
            link.get().up()
                ? "set the pod's own end up, or delete the pod so that it is made anew"
                : "delete the pod so that its controller makes it anew: with the link its route"
                    + " went, too",
            List.of(Cite.link(link.get(), "")));
      }
    }
  }
}
