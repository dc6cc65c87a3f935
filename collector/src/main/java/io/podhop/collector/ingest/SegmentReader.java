package io.podhop.collector.ingest;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.podhop.model.Segment;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import io.podhop.wire.TraceCodec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Takes OTLP requests apart: segments, their spans, and everybody else's spans. */
final class SegmentReader {
  private final List<Segment> segments = new ArrayList<>();
  private final Set<String> malformedTraces = new HashSet<>();
  private int malformed;

  /** Reads every segment that the spans carry. */
  static SegmentReader read(List<ResourceSpans> resources) {
    SegmentReader reader = new SegmentReader();
    for (ResourceSpans resource : resources) {
      for (ScopeSpans scope : resource.getScopeSpansList()) {
        scope.getSpansList().forEach(reader::read);
      }
    }
    return reader;
  }

  private void read(Span span) {
    Optional<AnyValue> attribute = OtlpAttributes.find(span.getAttributesList(), Schema.SEGMENT);
    if (attribute.isEmpty()) {
      return;
    }
    String spanTrace = traceId(span);
    try {
      Segment segment =
          TraceCodec.decode(io.podhop.v1.Segment.parseFrom(attribute.get().getBytesValue()));
      if (!segment.traceId().equals(spanTrace) || segment.node().isEmpty()) {
        throw new IllegalArgumentException("not the segment of its span's trace, or of no node");
      }
      segments.add(segment);
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      malformed++;
      malformedTraces.add(spanTrace);
    }
  }

  static String traceId(Span span) {
    return HexFormat.of().formatHex(span.getTraceId().toByteArray());
  }

  List<Segment> segments() {
    return segments;
  }

  int malformed() {
    return malformed;
  }

  boolean isRefused(Span span) {
    return malformedTraces.contains(traceId(span));
  }

  /** The spans of some traces, with the resources and scopes they belong to. */
  static List<ResourceSpans> keep(List<ResourceSpans> resources, Predicate<Span> wanted) {
    List<ResourceSpans> kept = new ArrayList<>();
    for (ResourceSpans resource : resources) {
      ResourceSpans.Builder builder = resource.toBuilder().clearScopeSpans();
      for (ScopeSpans scope : resource.getScopeSpansList()) {
        List<Span> spans = scope.getSpansList().stream().filter(wanted).toList();
        if (!spans.isEmpty()) {
          builder.addScopeSpans(scope.toBuilder().clearSpans().addAllSpans(spans));
        }
      }
      if (builder.getScopeSpansCount() > 0) {
        kept.add(builder.build());
      }
    }
    return kept;
  }

  static int count(List<ResourceSpans> resources) {
    return resources.stream()
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .mapToInt(ScopeSpans::getSpansCount)
        .sum();
  }
}
