package io.podhop.collector.export;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.podhop.model.Hop;
import io.podhop.model.Owner;
import io.podhop.model.Trace;
import io.podhop.model.TraceIds;
import io.podhop.model.Verdict;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The spans of a stitched trace: the agents' own, on the source node's clock, the verdict on the
 * root, and the crossings between nodes that no agent can vouch for. A pure function.
 */
public final class TraceSpans {
  private final Trace trace;
  private final Verdict verdict;
  private final String rootId;
  private final String connectId;

  private TraceSpans(Trace trace) {
    this.trace = trace;
    this.verdict = trace.verdict();
    this.rootId = TraceIds.rootSpanId(trace.traceId());
    this.connectId = TraceIds.spanId(trace.traceId(), "", "connect");
  }

  /** What is to be exported for a trace. */
  public static List<ResourceSpans> of(Trace trace, List<NodeSpans> nodes) {
    return new TraceSpans(trace).assemble(nodes);
  }

  private List<ResourceSpans> assemble(List<NodeSpans> nodes) {
    List<ResourceSpans> spans = new ArrayList<>();
    for (NodeSpans node : nodes) {
      for (ResourceSpans resource : node.spans()) {
        spans.add(SpanRewrite.each(resource, span -> rewritten(span, node.node())));
      }
    }
    List<Span> added = new ArrayList<>();
    if (!contains(spans, rootId)) {
      added.add(judged(root()));
    }
    String parent = contains(spans, connectId) ? connectId : rootId;
    CrossingBetweenNodes.of(trace).forEach(crossing -> added.add(span(crossing, parent)));
    if (isLoss() && !showsLoss(spans) && !showsLossIn(added)) {
      added.add(lost(parent));
    }
    if (!added.isEmpty()) {
      spans.add(ours(added));
    }
    return spans.stream()
        .map(resource -> SpanRewrite.each(resource, SpanRewrite::lasting))
        .toList();
  }

  private Span rewritten(Span span, String node) {
    Span own = SpanRewrite.without(span, Schema.SEGMENT);
    boolean far = trace.offset().known() && !node.equals(sourceNode());
    if (far) {
      long offsetNs = trace.offset().offsetNs();
      own =
          SpanRewrite.with(
              SpanRewrite.shifted(own, offsetNs),
              OtlpAttributes.of(Schema.CLOCK_OFFSET_NS, offsetNs));
    }
    return hex(own.getSpanId()).equals(rootId) ? judged(own) : own;
  }

  private String sourceNode() {
    return switch (trace.source().owner()) {
      case Owner.Pod pod -> pod.node();
      case Owner.Node node -> node.name();
      case Owner.Service _, Owner.External _, Owner.Unknown _ -> "";
    };
  }

  /** The root with the verdict on it. */
  private Span judged(Span root) {
    boolean delivered = verdict.id() == Verdict.Id.DELIVERED;
    Span judged = root;
    for (KeyValue attribute : verdictAttributes()) {
      judged = SpanRewrite.with(judged, attribute);
    }
    judged = SpanRewrite.without(judged, Schema.ERROR_TYPE);
    Span.Builder builder = judged.toBuilder();
    if (delivered) {
      return builder.clearStatus().build();
    }
    return builder
        .addAttributes(OtlpAttributes.of(Schema.ERROR_TYPE, verdict.id().toString()))
        .setStatus(error(verdict.cause()))
        .build();
  }

  private List<KeyValue> verdictAttributes() {
    return List.of(
        OtlpAttributes.of(Schema.VERDICT, verdict.id().toString()),
        OtlpAttributes.of(Schema.VERDICT_DEGRADED, verdict.degraded()),
        OtlpAttributes.of(Schema.VERDICT_AFTER, verdict.place().after()),
        OtlpAttributes.of(Schema.VERDICT_BEFORE, verdict.place().before()),
        OtlpAttributes.of(
            Schema.VERDICT_DIRECTION, verdict.direction().name().toLowerCase(Locale.ROOT)),
        OtlpAttributes.of(Schema.VERDICT_CAUSE, verdict.cause()),
        OtlpAttributes.of(Schema.VERDICT_GRADE, verdict.grade().toString()),
        OtlpAttributes.of(Schema.VERDICT_GRADE_REASON, verdict.gradeReason()),
        OtlpAttributes.of(Schema.VERDICT_EVIDENCE, verdict.evidence()));
  }

  /** The root of a connection whose source node made none: its agent is missing, or saw nothing. */
  private Span root() {
    long lastNs =
        trace.hops().stream()
            .filter(Hop.Observed.class::isInstance)
            .mapToLong(hop -> ((Hop.Observed) hop).timeNs())
            .max()
            .orElse(trace.startNs());
    return span(rootId, "", rootName(), trace.startNs(), lastNs).toBuilder()
        .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
        .addAttributes(OtlpAttributes.of(Schema.TRANSPORT, trace.client().protocol().toString()))
        .addAttributes(
            OtlpAttributes.of(Schema.SOURCE_ADDRESS, trace.source().address().toString()))
        .addAttributes(
            OtlpAttributes.of(Schema.DESTINATION_ADDRESS, trace.destination().address().toString()))
        .addAttributes(OtlpAttributes.of(Schema.DESTINATION_PORT, trace.destination().port()))
        .addAttributes(
            OtlpAttributes.of(Schema.PEER_SERVICE, trace.destination().owner().workloadName()))
        .addAttributes(OtlpAttributes.of(Schema.IDENTITY, trace.identity().toString()))
        .build();
  }

  private String rootName() {
    return trace.client().protocol()
        + " "
        + trace.source().owner().label()
        + " → "
        + trace.destination().owner().label()
        + (trace.client().protocol().isIcmp() ? "" : ":" + trace.destination().port());
  }

  private Span span(CrossingBetweenNodes crossing, String parent) {
    String place = crossing.from().point().identity();
    Span.Builder span =
        span(
                TraceIds.spanId(trace.traceId(), place, crossing.kind()),
                parent,
                crossing.name(),
                crossing.from().timeNs(),
                crossing.endNs())
            .toBuilder()
            .addAttributes(OtlpAttributes.of(Schema.PACKET, crossing.from().packet().label()))
            .addAttributes(
                OtlpAttributes.of(
                    Schema.DIRECTION, crossing.direction().name().toLowerCase(Locale.ROOT)))
            .addAttributes(OtlpAttributes.of(Schema.HOP_SEEN, !crossing.isLost()));
    if (trace.offset().known()) {
      span.addAttributes(OtlpAttributes.of(Schema.CLOCK_OFFSET_NS, trace.offset().offsetNs()))
          .addAttributes(OtlpAttributes.of(Schema.CLOCK_ERROR_NS, trace.offset().errorNs()));
    }
    if (crossing.isLost() && isLoss()) {
      span.addAttributes(OtlpAttributes.of(Schema.ERROR_TYPE, verdict.id().toString()))
          .setStatus(error(verdict.cause()));
    }
    return span.build();
  }

  private boolean isLoss() {
    return switch (verdict.id()) {
      case DELIVERED, REFUSED, DNS_FAILED, NO_ADDRESS -> false;
      case NO_ANSWER,
          LOST_IN_POD,
          LOST_ON_NODE,
          LOST_IN_VPC,
          WRONG_ENI,
          ROUTING_LOOP,
          RP_FILTER,
          FIREWALL_DROP,
          SNAT_EXHAUSTED,
          CONNTRACK_FULL,
          RECYCLED_ADDRESS,
          MTU_BLACKHOLE,
          NOT_OBSERVED ->
          true;
    };
  }

  private boolean showsLoss(List<ResourceSpans> resources) {
    return showsLossIn(all(resources));
  }

  private boolean showsLossIn(List<Span> spans) {
    return spans.stream()
        .filter(span -> !hex(span.getSpanId()).equals(rootId))
        .filter(span -> !hex(span.getSpanId()).equals(connectId))
        .anyMatch(span -> span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR);
  }

  /** A loss that no agent's span shows. */
  private Span lost(String parent) {
    String after = verdict.place().after();
    String before = verdict.place().before();
    String name =
        "lost: "
            + (after.isEmpty() ? "never seen" : after)
            + (before.isEmpty() ? "" : " → " + before);
    String id = TraceIds.spanId(trace.traceId(), after + ">" + before, "lost");
    return span(id, parent, name, trace.startNs(), trace.startNs()).toBuilder()
        .addAttributes(OtlpAttributes.of(Schema.HOP_SEEN, false))
        .addAttributes(OtlpAttributes.of(Schema.ERROR_TYPE, verdict.id().toString()))
        .setStatus(error(verdict.cause()))
        .build();
  }

  private Span span(String id, String parent, String name, long startNs, long endNs) {
    return Span.newBuilder()
        .setTraceId(bytes(trace.traceId()))
        .setSpanId(bytes(id))
        .setParentSpanId(bytes(parent))
        .setName(name)
        .setKind(Span.SpanKind.SPAN_KIND_INTERNAL)
        .setStartTimeUnixNano(startNs)
        .setEndTimeUnixNano(endNs)
        .build();
  }

  private ResourceSpans ours(List<Span> spans) {
    ResourceSpans.Builder resource = ResourceSpans.newBuilder();
    resource
        .getResourceBuilder()
        .addAttributes(OtlpAttributes.of(Schema.SERVICE_NAME, serviceName()));
    namespace()
        .ifPresent(
            name ->
                resource
                    .getResourceBuilder()
                    .addAttributes(OtlpAttributes.of(Schema.SERVICE_NAMESPACE, name)));
    resource.addScopeSpansBuilder().addAllSpans(spans).getScopeBuilder().setName(Schema.SCOPE);
    return resource.build();
  }

  private String serviceName() {
    String workload = trace.source().owner().workloadName();
    return workload.isEmpty() ? trace.source().address().toString() : workload;
  }

  private Optional<String> namespace() {
    return trace.source().owner() instanceof Owner.Pod pod
        ? Optional.of(pod.ref().namespace())
        : Optional.empty();
  }

  private static boolean contains(List<ResourceSpans> resources, String spanId) {
    return all(resources).stream().anyMatch(span -> hex(span.getSpanId()).equals(spanId));
  }

  private static List<Span> all(List<ResourceSpans> resources) {
    return resources.stream()
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .flatMap(scope -> scope.getSpansList().stream())
        .toList();
  }

  private static Status error(String message) {
    return Status.newBuilder()
        .setCode(Status.StatusCode.STATUS_CODE_ERROR)
        .setMessage(message)
        .build();
  }

  private static String hex(ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  private static ByteString bytes(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }
}
