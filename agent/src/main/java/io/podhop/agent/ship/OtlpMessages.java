package io.podhop.agent.ship;

import com.google.protobuf.ByteString;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.podhop.model.Segment;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import io.podhop.wire.TraceCodec;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The SDK's spans as OTLP messages. */
public final class OtlpMessages {
  private OtlpMessages() {}

  /**
   * One request for one segment. The first span also carries the segment itself, which the
   * collector stitches from and removes.
   */
  public static ExportTraceServiceRequest of(Segment segment, List<SpanData> spans) {
    return request(
        spans,
        List.of(OtlpAttributes.of(Schema.SEGMENT, TraceCodec.encode(segment).toByteString())));
  }

  /** One request for spans of a connection that goes on: they need no stitching. */
  public static ExportTraceServiceRequest of(List<SpanData> spans) {
    return request(spans, List.of());
  }

  private static ExportTraceServiceRequest request(
      List<SpanData> spans, List<KeyValue> attachedToFirst) {
    Map<Attributes, List<Span>> byResource = new LinkedHashMap<>();
    boolean first = true;
    for (SpanData data : spans) {
      Span.Builder span = span(data);
      if (first) {
        span.addAllAttributes(attachedToFirst);
        first = false;
      }
      byResource
          .computeIfAbsent(data.getResource().getAttributes(), _ -> new ArrayList<>())
          .add(span.build());
    }
    ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
    byResource.forEach((resource, group) -> request.addResourceSpans(group(resource, group)));
    return request.build();
  }

  private static ResourceSpans group(Attributes resource, List<Span> spans) {
    return ResourceSpans.newBuilder()
        .setResource(Resource.newBuilder().addAllAttributes(attributes(resource)))
        .addScopeSpans(
            ScopeSpans.newBuilder()
                .setScope(InstrumentationScope.newBuilder().setName(Schema.SCOPE))
                .addAllSpans(spans))
        .build();
  }

  private static Span.Builder span(SpanData data) {
    Span.Builder span =
        Span.newBuilder()
            .setTraceId(bytes(data.getTraceId()))
            .setSpanId(bytes(data.getSpanId()))
            .setName(data.getName())
            .setKind(kind(data.getKind()))
            .setStartTimeUnixNano(data.getStartEpochNanos())
            .setEndTimeUnixNano(data.getEndEpochNanos())
            .addAllAttributes(attributes(data.getAttributes()));
    if (data.getParentSpanContext().isValid()) {
      span.setParentSpanId(bytes(data.getParentSpanId()));
    }
    if (data.getStatus().getStatusCode() == StatusCode.ERROR) {
      span.setStatus(
          Status.newBuilder()
              .setCode(Status.StatusCode.STATUS_CODE_ERROR)
              .setMessage(data.getStatus().getDescription()));
    }
    return span;
  }

  private static Span.SpanKind kind(SpanKind kind) {
    return switch (kind) {
      case INTERNAL -> Span.SpanKind.SPAN_KIND_INTERNAL;
      case SERVER -> Span.SpanKind.SPAN_KIND_SERVER;
      case CLIENT -> Span.SpanKind.SPAN_KIND_CLIENT;
      case PRODUCER -> Span.SpanKind.SPAN_KIND_PRODUCER;
      case CONSUMER -> Span.SpanKind.SPAN_KIND_CONSUMER;
    };
  }

  private static List<KeyValue> attributes(Attributes attributes) {
    List<KeyValue> values = new ArrayList<>(attributes.size());
    attributes.forEach((key, value) -> values.add(attribute(key, value)));
    return values;
  }

  private static KeyValue attribute(AttributeKey<?> key, Object value) {
    return switch (value) {
      case String text -> OtlpAttributes.of(key.getKey(), text);
      case Long number -> OtlpAttributes.of(key.getKey(), number);
      case Double number -> OtlpAttributes.of(key.getKey(), number);
      case Boolean flag -> OtlpAttributes.of(key.getKey(), flag);
      case List<?> list ->
          OtlpAttributes.of(key.getKey(), list.stream().map(Object::toString).toList());
      default -> OtlpAttributes.of(key.getKey(), value.toString());
    };
  }

  private static ByteString bytes(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }
}
