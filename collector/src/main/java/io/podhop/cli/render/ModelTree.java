package io.podhop.cli.render;

import io.podhop.model.Citation;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What several answers have in common, for programs. Keys are stable. */
final class ModelTree {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ModelTree() {}

  static void point(ObjectNode node, ObservationPoint point) {
    node.put("point", point.label());
    node.put("node", point.node());
    node.put("role", point.role().name());
    node.put("interface", point.interfaceName());
    node.put("ifindex", point.ifindex());
    node.put("netnsInode", point.netnsInode());
    node.put("owner", point.owner());
  }

  static ObjectNode translation(Translation translation) {
    ObjectNode node = NODES.objectNode();
    switch (translation) {
      case Translation.None _ -> node.put("kind", "none");
      case Translation.Snat snat -> rewrite(node.put("kind", "snat"), snat.before(), snat.after());
      case Translation.Dnat dnat -> rewrite(node.put("kind", "dnat"), dnat.before(), dnat.after());
      case Translation.Both both -> rewrite(node.put("kind", "both"), both.before(), both.after());
      case Translation.Unknown unknown ->
          node.put("kind", "unknown").put("reason", unknown.reason());
    }
    node.set("evidence", citations(translation.evidence()));
    return node;
  }

  private static void rewrite(ObjectNode node, FlowKey before, FlowKey after) {
    node.set("before", tuple(before));
    node.set("after", tuple(after));
  }

  static ObjectNode verdict(Verdict verdict) {
    ObjectNode node = NODES.objectNode();
    node.put("id", verdict.id().toString());
    node.set("degraded", strings(verdict.degraded()));
    node.put("lastSeen", verdict.place().after());
    node.put("neverSeen", verdict.place().before());
    node.put("direction", Words.of(verdict.direction()));
    node.put("cause", verdict.cause());
    node.set("evidence", strings(verdict.evidence()));
    node.put("grade", verdict.grade().toString());
    node.put("gradeReason", verdict.gradeReason());
    node.put("advice", verdict.advice());
    return node;
  }

  static ObjectNode endpoint(Endpoint endpoint) {
    ObjectNode node = NODES.objectNode();
    node.put("address", endpoint.address().toString());
    node.put("port", endpoint.port());
    node.put("label", endpoint.owner().label());
    switch (endpoint.owner()) {
      case Owner.Pod pod -> {
        node.put("kind", "pod").put("namespace", pod.ref().namespace());
        node.put("name", pod.ref().name()).put("workload", pod.workload());
        node.put("node", pod.node()).put("eni", pod.eniInterface());
        pod.since().ifPresent(since -> node.put("since", since.toString()));
      }
      case Owner.Node owner ->
          node.put("kind", "node").put("name", owner.name()).put("eni", owner.eniInterface());
      case Owner.Service service ->
          node.put("kind", "service")
              .put("namespace", service.namespace())
              .put("name", service.name())
              .put("portName", service.portName());
      case Owner.External external -> node.put("kind", "external").put("name", external.name());
      case Owner.Unknown _ -> node.put("kind", "unknown");
    }
    return node;
  }

  static ObjectNode tuple(FlowKey tuple) {
    return NODES
        .objectNode()
        .put("protocol", tuple.protocol().toString())
        .put("source", tuple.source().toString())
        .put("sourcePort", tuple.sourcePort())
        .put("destination", tuple.destination().toString())
        .put("destinationPort", tuple.destinationPort());
  }

  static ArrayNode citations(List<Citation> citations) {
    ArrayNode nodes = NODES.arrayNode();
    for (Citation citation : citations) {
      nodes
          .addObject()
          .put("source", Words.of(citation.source()))
          .put("place", citation.place())
          .put("number", citation.number())
          .put("text", citation.text());
    }
    return nodes;
  }

  static ArrayNode strings(List<String> values) {
    ArrayNode nodes = NODES.arrayNode();
    values.forEach(nodes::add);
    return nodes;
  }
}
