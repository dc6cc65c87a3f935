package io.podhop.cli.render;

import io.podhop.model.Citation;
import io.podhop.model.Coverage;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.Owner;
import io.podhop.model.Trace;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answer of {@code podhop trace} for programs. Keys are stable: they are added to, never
 * renamed. Times are epoch nanoseconds on the source node's clock, keys that end in {@code Ns} are
 * nanoseconds.
 */
public final class TraceTree {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private TraceTree() {}

  /** Everything that the table shows, and more: every hop of every connection. */
  public static ObjectNode of(TraceReport report) {
    ObjectNode tree = NODES.objectNode();
    tree.set("source", endpoint(report.source()));
    tree.set("destination", endpoint(report.destination()));
    tree.put("protocol", report.protocol().toString());
    tree.set("nodes", strings(report.nodes()));
    tree.set("warnings", strings(report.warnings()));
    tree.put("connections", report.outcome().connections());
    tree.put("delivered", report.outcome().delivered());
    tree.set("verdict", verdict(report.outcome().verdict()));
    tree.put("link", report.outcome().link());
    ArrayNode traces = tree.putArray("traces");
    report.traces().forEach(trace -> traces.add(trace(trace)));
    return tree;
  }

  private static ObjectNode trace(Trace trace) {
    ObjectNode node = NODES.objectNode();
    node.put("traceId", trace.traceId());
    node.put("identity", trace.identity().toString());
    node.put("startNs", trace.startNs());
    node.set("source", endpoint(trace.source()));
    node.set("destination", endpoint(trace.destination()));
    node.set("client", tuple(trace.client()));
    node.set("wire", tuple(trace.wire()));
    ArrayNode hops = node.putArray("hops");
    Step.of(trace).forEach(step -> hops.add(hop(step)));
    ArrayNode translations = node.putArray("translations");
    trace.translations().forEach(translation -> translations.add(translation(translation)));
    node.put("handshakeNs", trace.handshakeNs());
    node.put("retransmits", trace.retransmits());
    node.putObject("clockOffset")
        .put("known", trace.offset().known())
        .put("offsetNs", trace.offset().offsetNs())
        .put("errorNs", trace.offset().errorNs());
    node.set("missingNodes", strings(trace.missingNodes()));
    node.set("verdict", verdict(trace.verdict()));
    return node;
  }

  private static ObjectNode hop(Step step) {
    Hop hop = step.hop();
    ObjectNode node = NODES.objectNode();
    node.put("number", step.number());
    node.put("point", hop.point().label());
    node.put("node", hop.point().node());
    node.put("role", hop.point().role().name());
    node.put("interface", hop.point().interfaceName());
    node.put("ifindex", hop.point().ifindex());
    node.put("netnsInode", hop.point().netnsInode());
    node.put("owner", hop.point().owner());
    node.put("direction", Words.of(hop.direction()));
    node.put("packet", hop.packet().label());
    switch (hop) {
      case Hop.Observed seen -> {
        node.put("seen", "observed");
        node.set("tuple", tuple(seen.tuple()));
        node.put("timeNs", seen.timeNs());
        node.put("copies", seen.copies());
      }
      case Hop.NotSeen silent -> {
        node.put("seen", "not-seen");
        node.set("coverage", coverage(silent.coverage()));
      }
      case Hop.Inferred _ -> node.put("seen", "inferred");
    }
    switch (step.after()) {
      case Step.After.First _ -> node.put("afterNs", 0L);
      case Step.After.Measured(long ns) -> node.put("afterNs", ns);
      case Step.After.NoCommonClock _, Step.After.NotObserved _ -> node.putNull("afterNs");
    }
    node.set("why", citations(hop.why()));
    return node;
  }

  private static ObjectNode coverage(Coverage coverage) {
    return NODES
        .objectNode()
        .put("complete", coverage.complete())
        .put("filter", coverage.filter())
        .put("fromNs", coverage.fromNs())
        .put("toNs", coverage.toNs())
        .put("received", coverage.received())
        .put("droppedByKernel", coverage.droppedByKernel())
        .put("droppedByUs", coverage.droppedByUs())
        .put("undecoded", coverage.undecoded());
  }

  private static ObjectNode translation(Translation translation) {
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

  private static ObjectNode verdict(Verdict verdict) {
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
    return node;
  }

  private static ObjectNode endpoint(Endpoint endpoint) {
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

  private static ObjectNode tuple(FlowKey tuple) {
    return NODES
        .objectNode()
        .put("protocol", tuple.protocol().toString())
        .put("source", tuple.source().toString())
        .put("sourcePort", tuple.sourcePort())
        .put("destination", tuple.destination().toString())
        .put("destinationPort", tuple.destinationPort());
  }

  private static ArrayNode citations(List<Citation> citations) {
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

  private static ArrayNode strings(List<String> values) {
    ArrayNode nodes = NODES.arrayNode();
    values.forEach(nodes::add);
    return nodes;
  }
}
