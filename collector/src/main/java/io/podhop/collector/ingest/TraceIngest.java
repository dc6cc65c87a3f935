package io.podhop.collector.ingest;

import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.model.Segment;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The OTLP trace service. A segment waits in the inbox before its request is answered; spans that
 * belong to no segment are passed on as they are.
 */
public final class TraceIngest extends TraceServiceGrpc.TraceServiceImplBase {
  private final SegmentInbox inbox;
  private final Consumer<List<ResourceSpans>> passOn;
  private final Counters counters;
  private final LongSupplier nanoTime;

  /**
   * @param passOn takes spans that need no stitching; must not block
   */
  public TraceIngest(
      SegmentInbox inbox,
      Consumer<List<ResourceSpans>> passOn,
      Counters counters,
      LongSupplier nanoTime) {
    this.inbox = inbox;
    this.passOn = passOn;
    this.counters = counters;
    this.nanoTime = nanoTime;
  }

  @Override
  public void export(
      ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> response) {
    List<ResourceSpans> all = request.getResourceSpansList();
    counters.increment(CollectorCounter.EXPORT_REQUESTS);
    counters.add(CollectorCounter.SPANS_RECEIVED, SegmentReader.count(all));
    SegmentReader reader = SegmentReader.read(all);
    counters.add(CollectorCounter.SEGMENTS_RECEIVED, reader.segments().size());
    counters.add(CollectorCounter.SEGMENTS_MALFORMED, reader.malformed());
    reader.segments().forEach(segment -> keep(segment, all));
    passOnOthers(all, reader);
    response.onNext(answer(all, reader));
    response.onCompleted();
  }

  private void keep(Segment segment, List<ResourceSpans> all) {
    List<ResourceSpans> spans =
        SegmentReader.keep(all, span -> SegmentReader.traceId(span).equals(segment.traceId()));
    if (!inbox.put(new Delivery(segment, spans, nanoTime.getAsLong()))) {
      passOn.accept(spans);
    }
  }

  private void passOnOthers(List<ResourceSpans> all, SegmentReader reader) {
    List<String> stitched = reader.segments().stream().map(Segment::traceId).toList();
    List<ResourceSpans> others =
        SegmentReader.keep(
            all,
            span -> !reader.isRefused(span) && !stitched.contains(SegmentReader.traceId(span)));
    if (!others.isEmpty()) {
      counters.add(CollectorCounter.FOREIGN_SPANS, SegmentReader.count(others));
      passOn.accept(others);
    }
  }

  private static ExportTraceServiceResponse answer(List<ResourceSpans> all, SegmentReader reader) {
    int refused = SegmentReader.count(SegmentReader.keep(all, reader::isRefused));
    return refused == 0
        ? ExportTraceServiceResponse.getDefaultInstance()
        : ExportTraceServiceResponse.newBuilder()
            .setPartialSuccess(
                ExportTracePartialSuccess.newBuilder()
                    .setRejectedSpans(refused)
                    .setErrorMessage("podhop.segment of " + refused + " spans could not be read"))
            .build();
  }
}
