package io.podhop.agent.span;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.podhop.model.TraceIds;
import io.podhop.wire.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The SDK set up for one segment: a tracer per workload, all ending in one list. */
final class SpanRecorder implements AutoCloseable {
  /**
   * The least a span lasts. Back ends that count in microseconds take none for "not known", and one
   * of them then refuses all spans that came along.
   */
  private static final long LEAST_NS = 1_000;

  private final String traceId;
  private final String node;
  private final DerivedIds ids = new DerivedIds();
  private final Map<String, SdkTracerProvider> providers = new HashMap<>();
  private final List<SpanData> ended = new ArrayList<>();

  SpanRecorder(String traceId, String node) {
    this.traceId = traceId;
    this.node = node;
  }

  /** Records one span and returns its id. An empty parent makes it the root. */
  String record(Draft draft) {
    String spanId = draft.spanId();
    ids.next(traceId, spanId);
    SpanBuilder builder =
        providers
            .computeIfAbsent(draft.service(), this::provider)
            .get(Schema.SCOPE)
            .spanBuilder(draft.name())
            .setSpanKind(draft.kind())
            .setStartTimestamp(draft.startNs(), NANOSECONDS)
            .setAllAttributes(draft.attributes());
    if (draft.parentSpanId().isEmpty()) {
      builder.setNoParent();
    } else {
      builder.setParent(
          Context.root()
              .with(
                  Span.wrap(
                      SpanContext.createFromRemoteParent(
                          traceId,
                          draft.parentSpanId(),
                          TraceFlags.getSampled(),
                          TraceState.getDefault()))));
    }
    Span span = builder.startSpan();
    if (!draft.error().isEmpty()) {
      span.setStatus(StatusCode.ERROR, draft.error());
    }
    span.end(Math.max(draft.startNs() + LEAST_NS, draft.endNs()), NANOSECONDS);
    return spanId;
  }

  List<SpanData> spans() {
    return List.copyOf(ended);
  }

  private SdkTracerProvider provider(String service) {
    int slash = service.indexOf('/');
    Attributes workload =
        Attributes.builder()
            .put(Schema.SERVICE_NAME, service.substring(slash + 1))
            .put(Schema.SERVICE_NAMESPACE, service.substring(0, Math.max(0, slash)))
            .put(Schema.NODE_NAME, node)
            .build();
    return SdkTracerProvider.builder()
        .setResource(Resource.create(workload))
        .setIdGenerator(ids)
        .setSampler(Sampler.alwaysOn())
        .addSpanProcessor(new Collecting())
        .build();
  }

  @Override
  public void close() {
    providers.values().forEach(provider -> provider.shutdown());
  }

  /**
   * A span before the SDK made it.
   *
   * @param service {@code namespace/workload} it is made on behalf of
   * @param error status description; empty when the span is not in error
   */
  record Draft(
      String spanId,
      String parentSpanId,
      String service,
      String name,
      SpanKind kind,
      Times times,
      Attributes attributes,
      String error) {
    static String id(String traceId, String place, String what) {
      return TraceIds.spanId(traceId, place, what);
    }

    long startNs() {
      return times.startNs();
    }

    long endNs() {
      return times.endNs();
    }
  }

  /** Epoch nanoseconds. */
  record Times(long startNs, long endNs) {}

  private final class Collecting implements SpanProcessor {
    @Override
    public void onStart(Context parentContext, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
      ended.add(span.toSpanData());
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
