package io.podhop.collector.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.SegmentRequests;
import io.podhop.collector.fixture.Shop;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.model.Segment;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import io.podhop.wire.TraceCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TraceIngestTest {
  private final Counters counters = new Counters();
  private final SegmentInbox inbox = new SegmentInbox(counters);
  private final List<ResourceSpans> passedOn = new ArrayList<>();
  private final TraceIngest ingest =
      new TraceIngest(inbox, passedOn::addAll, counters, System::nanoTime);
  private final Segment segment = Scene.webToDb().handshake().segment(Shop.NODE_A);

  private ExportTraceServiceResponse export(ExportTraceServiceRequest request) {
    List<ExportTraceServiceResponse> answers = new ArrayList<>();
    ingest.export(
        request,
        new StreamObserver<>() {
          @Override
          public void onNext(ExportTraceServiceResponse value) {
            answers.add(value);
          }

          @Override
          public void onError(Throwable cause) {
            throw new AssertionError(cause);
          }

          @Override
          public void onCompleted() {}
        });
    assertThat(answers).hasSize(1);
    return answers.getFirst();
  }

  @Test
  void export_segment_waitsWithItsSpans() {
    assertThat(export(SegmentRequests.of(segment)).hasPartialSuccess()).isFalse();
    List<Delivery> deliveries = inbox.close(segment.traceId());
    assertThat(deliveries).hasSize(1);
    assertThat(deliveries.getFirst().segment()).isEqualTo(segment);
    assertThat(SegmentReader.count(deliveries.getFirst().spans())).isEqualTo(2);
    assertThat(passedOn).isEmpty();
  }

  @Test
  void export_sameSegmentTwice_waitsOnce() {
    export(SegmentRequests.of(segment));
    export(SegmentRequests.of(segment));
    assertThat(inbox.close(segment.traceId())).hasSize(1);
    assertThat(counters.get(CollectorCounter.SEGMENTS_REPEATED)).isEqualTo(1);
  }

  @Test
  void export_foreignSpans_arePassedOnUnchanged() {
    ResourceSpans.Builder foreign = ResourceSpans.newBuilder();
    foreign
        .addScopeSpansBuilder()
        .addSpansBuilder()
        .setTraceId(SegmentRequests.bytes("0af7651916cd43dd8448eb211c80319c"))
        .setName("GET /");
    ExportTraceServiceRequest mixed =
        SegmentRequests.of(segment).toBuilder().addResourceSpans(foreign).build();
    export(mixed);
    assertThat(passedOn).containsExactly(foreign.build());
    assertThat(inbox.close(segment.traceId())).hasSize(1);
  }

  @Test
  void export_traceIsClosed_passesTheLateSpansOn() {
    inbox.close(segment.traceId());
    export(SegmentRequests.of(segment));
    assertThat(SegmentReader.count(passedOn)).isEqualTo(2);
    assertThat(counters.get(CollectorCounter.SEGMENTS_LATE)).isEqualTo(1);
  }

  @Test
  void export_mutatedSegments_areCountedAndNeverThrow() {
    byte[] good = TraceCodec.encode(segment).toByteArray();
    Random random = new Random(11);
    int refused = 0;
    for (int round = 0; round < 2_000; round++) {
      byte[] bad = good.clone();
      for (int flips = 0; flips <= random.nextInt(4); flips++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      ExportTraceServiceRequest.Builder request = SegmentRequests.of(segment).toBuilder();
      request
          .getResourceSpansBuilder(0)
          .getScopeSpansBuilder(0)
          .getSpansBuilder(0)
          .clearAttributes()
          .addAttributes(OtlpAttributes.of(Schema.SEGMENT, ByteString.copyFrom(bad)));
      refused += export(request.build()).getPartialSuccess().getRejectedSpans() > 0 ? 1 : 0;
      inbox.closeAll(_ -> false);
    }
    assertThat(refused).isPositive();
    assertThat(counters.get(CollectorCounter.SEGMENTS_MALFORMED)).isEqualTo(refused);
  }

  @Test
  void put_tooManyTraces_evictsTheOldest() {
    for (int i = 0; i <= SegmentInbox.MAX_TRACES; i++) {
      Segment numbered =
          new Segment(
              "%032x".formatted(i),
              segment.identity(),
              segment.node(),
              segment.side(),
              segment.source(),
              segment.destination(),
              segment.client(),
              segment.wire(),
              List.of(),
              List.of(),
              segment.translation(),
              "",
              List.of(),
              Optional.empty());
      inbox.put(new Delivery(numbered, List.of(), 0));
    }
    assertThat(counters.get(CollectorCounter.SEGMENTS_EVICTED)).isEqualTo(1);
    assertThat(inbox.close("0".repeat(32))).isEmpty();
  }
}
