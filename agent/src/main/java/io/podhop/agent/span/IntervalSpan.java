package io.podhop.agent.span;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.podhop.agent.span.SpanRecorder.Draft;
import io.podhop.agent.span.SpanRecorder.Times;
import io.podhop.model.Flow;
import io.podhop.model.TraceIds;
import io.podhop.model.Traffic;
import io.podhop.wire.Schema;
import java.util.List;

/**
 * What a connection that goes on did since the last one, as a span of its trace; the root that it
 * names as parent comes when the connection ends.
 *
 * @param number from 1
 * @param fromNs epoch nanoseconds of the last one, or of the connection's beginning
 */
public record IntervalSpan(
    Flow flow, int number, long fromNs, Traffic request, Traffic reply, long retransmits) {
  /** Parts as for every span; its id is derived from the trace, the point and the number. */
  public List<SpanData> spans() {
    try (SpanRecorder recorder = new SpanRecorder(flow.traceId(), flow.point().node())) {
      recorder.record(
          new Draft(
              TraceIds.spanId(flow.traceId(), flow.point().identity(), "interval " + number),
              TraceIds.rootSpanId(flow.traceId()),
              SegmentSpans.service(flow.source()),
              "interval",
              SpanKind.INTERNAL,
              new Times(fromNs, flow.endNs()),
              attributes(),
              flow.outcome().cause()));
      return recorder.spans();
    }
  }

  private Attributes attributes() {
    AttributesBuilder attributes = Attributes.builder();
    attributes.put(Schema.CAPTURE_MODE, flow.sight().mode()).put(Schema.INTERVAL, (long) number);
    QualityAttributes.traffic(attributes, request, reply);
    if (flow.tcp().isPresent()) {
      attributes.put(Schema.TCP_RETRANSMITS, retransmits);
    }
    return attributes.build();
  }
}
