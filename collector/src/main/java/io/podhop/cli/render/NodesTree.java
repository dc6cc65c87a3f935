package io.podhop.cli.render;

import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.ServicePort;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The answer of {@code podhop nodes} for programs; keys are stable. */
public final class NodesTree {
  private NodesTree() {}

  /** {@code {"nodes": […]}} with every ENI, pod and service. */
  public static ObjectNode of(List<NodeReport> nodes) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    ArrayNode array = tree.putArray("nodes");
    nodes.forEach(node -> fill(array.addObject(), node));
    return tree;
  }

  private static void fill(ObjectNode tree, NodeReport node) {
    NodeInventory inventory = node.inventory();
    tree.put("node", inventory.node());
    tree.put("agent", node.connected() ? "connected" : "disconnected");
    tree.put("lastHeard", node.lastHeard().toString());
    tree.put("version", node.version());
    tree.put("primaryAddress", inventory.primaryAddress().toString());
    ArrayNode vpcCidrs = tree.putArray("vpcCidrs");
    inventory.vpcCidrs().forEach(cidr -> vpcCidrs.add(cidr.toString()));
    ArrayNode enis = tree.putArray("enis");
    inventory.enis().forEach(eni -> fill(enis.addObject(), eni));
    ArrayNode pods = tree.putArray("pods");
    inventory.pods().forEach(pod -> fill(pods.addObject(), pod));
    ArrayNode services = tree.putArray("services");
    inventory.services().forEach(service -> fill(services.addObject(), service));
    ArrayNode warnings = tree.putArray("warnings");
    inventory.warnings().forEach(warnings::add);
  }

  private static void fill(ObjectNode tree, EniInfo eni) {
    tree.put("id", eni.id());
    tree.put("interface", eni.interfaceName());
    tree.put("ifindex", eni.ifindex());
    addresses(tree, eni.addresses());
    tree.put("routeTable", eni.routeTable());
  }

  private static void fill(ObjectNode tree, PodInfo pod) {
    tree.put("namespace", pod.ref().namespace());
    tree.put("name", pod.ref().name());
    tree.put("workload", pod.workload());
    tree.put("containerId", pod.containerId());
    addresses(tree, pod.addresses());
    tree.put("netnsInode", pod.netnsInode());
    tree.put("pid", pod.pid());
    tree.put("hostVeth", pod.hostVeth());
    tree.put("hostVethIndex", pod.hostVethIndex());
    tree.put("eni", pod.eniInterface());
    tree.put("routeTable", pod.routeTable());
  }

  private static void fill(ObjectNode tree, ServicePort service) {
    tree.put("namespace", service.namespace());
    tree.put("name", service.name());
    tree.put("portName", service.portName());
    tree.put("protocol", service.protocol().toString());
    tree.put("clusterIp", service.clusterIp().toString());
    tree.put("port", service.port());
    tree.put("nodePort", service.nodePort());
    ArrayNode endpoints = tree.putArray("endpoints");
    for (ServicePort.Backend backend : service.endpoints()) {
      endpoints
          .addObject()
          .put("address", backend.address().toString())
          .put("port", backend.port());
    }
  }

  private static void addresses(ObjectNode tree, List<IpAddress> addresses) {
    ArrayNode array = tree.putArray("addresses");
    addresses.forEach(address -> array.add(address.toString()));
  }
}
