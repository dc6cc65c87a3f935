package io.podhop.collector.ingest;

import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.podhop.model.Segment;
import java.util.List;

/**
 * One segment with the spans its agent made of it.
 *
 * @param arrivedNs on the collector's monotonic clock
 */
public record Delivery(Segment segment, List<ResourceSpans> spans, long arrivedNs) {
  public Delivery {
    spans = List.copyOf(spans);
  }
}
