package io.podhop.agent.audit;

import io.podhop.agent.ipam.EniPool;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.route.Route;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Whose addresses pods have: an ENI's of this node, and each only once. */
final class AddressChecks {
  static final List<Check> ALL =
      List.of(
          new Check("address-without-eni", AddressChecks::withoutEni),
          new Check("duplicate-address", AddressChecks::duplicates));

  private AddressChecks() {}

  private static void withoutEni(NodeFacts node, Remarks remarks) {
    if (node.introspection().enis().isEmpty()) {
      remarks.notMade("ipamd's /v1/enis was not read: which addresses ENIs have is not known");
      return;
    }
    Set<IpAddress> addresses = new TreeSet<>(node.podAddresses().keySet());
    node.vethRoutes().forEach(route -> addresses.add(route.destination().address()));
    for (IpAddress address : addresses) {
      boolean branch = node.podOf(address).filter(pod -> node.isBranch(pod, address)).isPresent();
      boolean linkLocal = address.toString().startsWith("169.254.");
      if (!branch && !linkLocal && node.introspection().eniOf(address).isEmpty()) {
        List<Citation> evidence = new ArrayList<>();
        for (Route route : node.hostRoutes(address)) {
          evidence.add(Cite.route(route));
        }
        evidence.add(Cite.ipamd("/v1/enis", enis(node)));
        remarks.error(
            node.podOf(address).map(pod -> pod.ref().toString()).orElse(address.toString()),
            "no ENI of this node has "
                + address
                + ": the ENI or the address was taken away while the pod ran, and the VPC does not"
                + " deliver to it",
            "delete the pod so that it gets another address, and look in ipamd.log for `Force"
                + " removing eni` or `Reconcile and delete detached ENI`",
            evidence);
      }
    }
  }

  private static String enis(NodeFacts node) {
    return node.introspection().enis().stream()
        .map(EniPool::id)
        .collect(Collectors.joining(", ", "lists ", ", and none of them has it"));
  }

  private static void duplicates(NodeFacts node, Remarks remarks) {
    Map<IpAddress, List<PodInfo>> holders = new LinkedHashMap<>();
    for (PodInfo pod : node.pods()) {
      for (IpAddress address : NodeFacts.addresses(pod)) {
        holders.computeIfAbsent(address, _ -> new ArrayList<>()).add(pod);
      }
    }
    holders.forEach(
        (address, pods) -> {
          List<InterfaceAddress> own =
              node.routing().addresses().stream()
                  .filter(one -> one.address().equals(address))
                  .toList();
          if (pods.size() > 1 || !own.isEmpty()) {
            duplicate(node, address, pods, own, remarks);
          }
        });
  }

  private static void duplicate(
      NodeFacts node,
      IpAddress address,
      List<PodInfo> pods,
      List<InterfaceAddress> own,
      Remarks remarks) {
    String others =
        pods.stream().skip(1).map(pod -> pod.ref().toString()).collect(Collectors.joining(", "));
    List<Citation> evidence = new ArrayList<>(Cite.routes(node.hostRoutes(address)));
    own.forEach(one -> evidence.add(Cite.note(one.text())));
    remarks.error(
        pods.getFirst().ref().toString(),
        address
            + " is "
            + (others.isEmpty()
                ? "the node's own address, too"
                : "the address of " + others + ", too")
            + ": packets reach only one of them",
        "delete the pods, and look in ipamd.log for a restart without its ipam.json",
        evidence);
  }
}
