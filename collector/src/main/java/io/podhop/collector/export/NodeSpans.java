package io.podhop.collector.export;

import io.opentelemetry.proto.trace.v1.ResourceSpans;
import java.util.List;

/** The spans that one node's agent made of a connection, on that node's clock. */
public record NodeSpans(String node, List<ResourceSpans> spans) {
  public NodeSpans {
    spans = List.copyOf(spans);
  }
}
