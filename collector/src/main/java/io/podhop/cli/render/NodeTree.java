package io.podhop.cli.render;

import io.podhop.model.NodeDescription;
import io.podhop.model.PodRef;
import java.util.OptionalInt;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The answer of {@code podhop node} for programs; keys are stable, what is not known is absent. */
public final class NodeTree {
  private NodeTree() {}

  /** {@code {"node": …, "maxPods": …, "enis": […], "troubles": […], …}}. */
  public static ObjectNode of(NodeDescription node) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("node", node.inventory().node());
    tree.put("primaryAddress", node.inventory().primaryAddress().toString());
    if (!node.instanceType().isEmpty()) {
      tree.put("instanceType", node.instanceType());
    }
    number(tree, "maxPods", node.maxPods());
    number(tree, "maxEnis", node.maxEnis());
    number(tree, "addressesPerEni", node.addressesPerEni());
    node.counts()
        .ifPresent(
            counts ->
                tree.put("countedAt", counts.at().toString())
                    .put("used", counts.used())
                    .put("cooling", counts.cooling())
                    .put("free", counts.free()));
    tree.put("limit", node.limit());
    ArrayNode enis = tree.putArray("enis");
    node.enis().forEach(eni -> fill(enis.addObject(), eni));
    ArrayNode branches = tree.putArray("branchEnis");
    node.branches().forEach(branch -> fill(branches.addObject(), branch));
    ArrayNode troubles = tree.putArray("troubles");
    node.troubles().forEach(trouble -> fill(troubles.addObject(), trouble));
    ObjectNode settings = tree.putObject("settings");
    new TreeMap<>(node.settings()).forEach(settings::put);
    ArrayNode warnings = tree.putArray("warnings");
    node.warnings().forEach(warnings::add);
    node.inventory().warnings().forEach(warnings::add);
    return tree;
  }

  private static void number(ObjectNode tree, String key, OptionalInt number) {
    number.ifPresent(known -> tree.put(key, known));
  }

  private static void fill(ObjectNode tree, NodeDescription.Eni eni) {
    tree.put("id", eni.id());
    tree.put("interface", eni.interfaceName());
    tree.put("primary", eni.primary());
    tree.put("trunk", eni.trunk());
    tree.put("excluded", eni.excluded());
    if (eni.told()) {
      tree.put("deviceNumber", eni.deviceNumber());
      tree.put("networkCard", eni.networkCard());
    }
    tree.put("routeTable", eni.routeTable());
    tree.put("subnetId", eni.subnetId());
    ArrayNode own = tree.putArray("ownAddresses");
    eni.ownAddresses().forEach(address -> own.add(address.toString()));
    ArrayNode ranges = tree.putArray("ranges");
    eni.ranges().forEach(range -> fill(ranges.addObject(), range));
  }

  private static void fill(ObjectNode tree, NodeDescription.Range range) {
    tree.put("cidr", range.cidr().toString());
    tree.put("prefix", range.prefix());
    tree.put("used", range.used());
    tree.put("cooling", range.cooling());
    tree.put("free", range.free());
    ArrayNode addresses = tree.putArray("addresses");
    for (NodeDescription.Slot slot : range.addresses()) {
      ObjectNode entry = addresses.addObject().put("address", slot.address().toString());
      slot.pod().map(PodRef::toString).ifPresent(pod -> entry.put("pod", pod));
      AddressTree.time(entry, "assignedAt", slot.assigned());
      AddressTree.time(entry, "coolingUntil", slot.coolingUntil());
    }
  }

  private static void fill(ObjectNode tree, NodeDescription.Branch branch) {
    branch.pod().map(PodRef::toString).ifPresent(pod -> tree.put("pod", pod));
    tree.put("address", branch.address().toString());
    tree.put("vlan", branch.vlan());
    tree.put("eni", branch.eniId());
    tree.put("mode", branch.mode());
  }

  private static void fill(ObjectNode tree, NodeDescription.Trouble trouble) {
    tree.put("at", trouble.at().toString());
    tree.put("reason", trouble.reason());
    trouble.pod().map(PodRef::toString).ifPresent(pod -> tree.put("pod", pod));
    tree.put("sentence", trouble.sentence());
    AddressTree.evidence(tree, trouble.evidence());
  }
}
