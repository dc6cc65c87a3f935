package io.podhop.cli.render;

import io.podhop.model.Coverage;
import io.podhop.model.Hop;
import io.podhop.model.Trace;
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
    tree.set("source", ModelTree.endpoint(report.source()));
    tree.set("destination", ModelTree.endpoint(report.destination()));
    tree.put("protocol", report.protocol().toString());
    tree.set("nodes", ModelTree.strings(report.nodes()));
    tree.set("warnings", ModelTree.strings(report.warnings()));
    tree.put("connections", report.outcome().connections());
    tree.put("delivered", report.outcome().delivered());
    tree.set("verdict", ModelTree.verdict(report.outcome().verdict()));
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
    node.set("source", ModelTree.endpoint(trace.source()));
    node.set("destination", ModelTree.endpoint(trace.destination()));
    node.set("client", ModelTree.tuple(trace.client()));
    node.set("wire", ModelTree.tuple(trace.wire()));
    ArrayNode hops = node.putArray("hops");
    Step.of(trace).forEach(step -> hops.add(hop(step)));
    ArrayNode translations = node.putArray("translations");
    trace
        .translations()
        .forEach(translation -> translations.add(ModelTree.translation(translation)));
    node.put("handshakeNs", trace.handshakeNs());
    node.put("retransmits", trace.retransmits());
    node.putObject("clockOffset")
        .put("known", trace.offset().known())
        .put("offsetNs", trace.offset().offsetNs())
        .put("errorNs", trace.offset().errorNs());
    node.set("missingNodes", ModelTree.strings(trace.missingNodes()));
    node.set("verdict", ModelTree.verdict(trace.verdict()));
    node.set("predicted", LegTree.of(trace.predicted()));
    return node;
  }

  private static ObjectNode hop(Step step) {
    Hop hop = step.hop();
    ObjectNode node = NODES.objectNode();
    node.put("number", step.number());
    ModelTree.point(node, hop.point());
    node.put("direction", Words.of(hop.direction()));
    node.put("packet", hop.packet().label());
    switch (hop) {
      case Hop.Observed seen -> {
        node.put("seen", "observed");
        node.set("tuple", ModelTree.tuple(seen.tuple()));
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
    node.set("why", ModelTree.citations(hop.why()));
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
}
