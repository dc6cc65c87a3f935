package io.podhop.collector.export;

import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.List;
import java.util.function.UnaryOperator;

/** Changes to spans that came from elsewhere. */
final class SpanRewrite {
  /**
   * Zipkin's resolution. SkyWalking 10 refuses a whole request for one span that lasts less than a
   * microsecond, and a packet crosses a veth pair in that time.
   */
  private static final long SHORTEST_NS = 1_000;

  private SpanRewrite() {}

  static ResourceSpans each(ResourceSpans resource, UnaryOperator<Span> change) {
    ResourceSpans.Builder rewritten = resource.toBuilder().clearScopeSpans();
    for (ScopeSpans scope : resource.getScopeSpansList()) {
      rewritten.addScopeSpans(
          scope.toBuilder()
              .clearSpans()
              .addAllSpans(scope.getSpansList().stream().map(change).toList()));
    }
    return rewritten.build();
  }

  /** The same span on a clock that is behind by so much. */
  static Span shifted(Span span, long byNs) {
    Span.Builder shifted =
        span.toBuilder()
            .setStartTimeUnixNano(span.getStartTimeUnixNano() - byNs)
            .setEndTimeUnixNano(span.getEndTimeUnixNano() - byNs);
    shifted
        .getEventsBuilderList()
        .forEach(event -> event.setTimeUnixNano(event.getTimeUnixNano() - byNs));
    return shifted.build();
  }

  /** The same span, long enough for back ends that count in microseconds. */
  static Span lasting(Span span) {
    long shortest = span.getStartTimeUnixNano() + SHORTEST_NS;
    return span.getEndTimeUnixNano() >= shortest
        ? span
        : span.toBuilder().setEndTimeUnixNano(shortest).build();
  }

  static Span without(Span span, String attribute) {
    List<KeyValue> kept =
        span.getAttributesList().stream().filter(a -> !a.getKey().equals(attribute)).toList();
    return kept.size() == span.getAttributesCount()
        ? span
        : span.toBuilder().clearAttributes().addAllAttributes(kept).build();
  }

  /** Adds an attribute in place of one of the same name. */
  static Span with(Span span, KeyValue attribute) {
    return without(span, attribute.getKey()).toBuilder().addAttributes(attribute).build();
  }
}
