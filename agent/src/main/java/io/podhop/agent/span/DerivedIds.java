package io.podhop.agent.span;

import io.opentelemetry.sdk.trace.IdGenerator;

/** Hands the SDK the ids that were derived for the span about to start. One thread owns it. */
final class DerivedIds implements IdGenerator {
  private String traceId = "";
  private String spanId = "";

  void next(String nextTraceId, String nextSpanId) {
    traceId = nextTraceId;
    spanId = nextSpanId;
  }

  @Override
  public String generateSpanId() {
    return spanId;
  }

  @Override
  public String generateTraceId() {
    return traceId;
  }
}
