package io.podhop.cli.render;

import io.podhop.model.AddressHistory;
import io.podhop.model.AddressMoment;
import io.podhop.model.Citation;
import io.podhop.model.PodRef;
import io.podhop.model.Tenure;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The answer of {@code podhop ip} for programs; keys are stable, what is not known is absent. */
public final class AddressTree {
  private AddressTree() {}

  /** {@code {"address": …, "nodes": [{"tenures": […]}], "silentNodes": […]}}. */
  public static ObjectNode of(AddressReport report) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put(report.ofPod() ? "pod" : "address", report.subject());
    report
        .moment()
        .ifPresent(told -> fill(tree.putObject("moment").put("node", told.node()), told.moment()));
    ArrayNode nodes = tree.putArray("nodes");
    report.nodes().forEach(node -> fill(nodes.addObject(), node));
    ArrayNode silent = tree.putArray("silentNodes");
    report.silentNodes().forEach(silent::add);
    return tree;
  }

  private static void fill(ObjectNode tree, AddressHistory node) {
    tree.put("node", node.node());
    time(tree, "knownFrom", node.knownFrom());
    tree.put("nowOn", node.nowOn());
    tree.put("own", node.own());
    ArrayNode tenures = tree.putArray("tenures");
    node.tenures().forEach(tenure -> fill(tenures.addObject(), tenure));
    ArrayNode warnings = tree.putArray("warnings");
    node.warnings().forEach(warnings::add);
  }

  private static void fill(ObjectNode tree, AddressMoment moment) {
    tree.put("at", moment.at().toString());
    tree.put("state", Words.of(moment.state()));
    moment.tenure().ifPresent(tenure -> fill(tree.putObject("tenure"), tenure));
    time(tree, "coolingUntil", moment.coolingUntil());
    if (!moment.because().isEmpty()) {
      tree.put("because", moment.because());
    }
    evidence(tree, moment.evidence());
  }

  private static void fill(ObjectNode tree, Tenure tenure) {
    tree.put("address", tenure.address().toString());
    tenure.pod().map(PodRef::toString).ifPresent(pod -> tree.put("pod", pod));
    tree.put("containerId", tenure.containerId());
    tree.put("from", tenure.from().toString());
    tree.put("fromAtLeast", tenure.fromAtLeast());
    time(tree, "until", tenure.until());
    tree.put("untilAtMost", tenure.untilAtMost());
    tree.put("seenAt", tenure.seenAt().toString());
    time(tree, "coolingUntil", tenure.coolingUntil());
    tree.put("eni", tenure.eni());
    tenure.deviceNumber().ifPresent(device -> tree.put("deviceNumber", device));
    evidence(tree, tenure.evidence());
  }

  static void evidence(ObjectNode tree, List<Citation> evidence) {
    ArrayNode lines = tree.putArray("evidence");
    evidence.forEach(line -> lines.addObject().put("place", line.place()).put("text", line.text()));
  }

  static void time(ObjectNode tree, String key, Optional<Instant> instant) {
    instant.ifPresent(known -> tree.put(key, known.toString()));
  }
}
