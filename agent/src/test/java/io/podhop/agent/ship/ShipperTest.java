package io.podhop.agent.ship;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.opentelemetry.proto.trace.v1.Span;
import io.podhop.agent.span.SegmentFixture;
import io.podhop.agent.span.SegmentSpans;
import io.podhop.model.Segment;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import io.podhop.wire.TraceCodec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShipperTest {
  private final Receiver receiver = new Receiver();
  private Server server;
  private ManagedChannel channel;
  private Shipper shipper;

  @BeforeEach
  void listen() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(receiver)
            .build()
            .start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    shipper = new Shipper(channel);
  }

  @AfterEach
  void stop() {
    shipper.close();
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void ship_acknowledged_isAcceptedAndCarriesTheSegment() throws Exception {
    shipper.start();
    Segment segment = SegmentFixture.source();

    ShipResult result = ship(OtlpMessages.of(segment, SegmentSpans.of(segment)));

    assertThat(result).isInstanceOf(ShipResult.Accepted.class);
    assertThat(shipper.count(ShipCounter.ACCEPTED)).isEqualTo(1);
    Span first = receiver.received.getFirst().getResourceSpans(0).getScopeSpans(0).getSpans(0);
    byte[] attached =
        OtlpAttributes.find(first.getAttributesList(), Schema.SEGMENT)
            .orElseThrow()
            .getBytesValue()
            .toByteArray();
    assertThat(TraceCodec.decode(io.podhop.v1.Segment.parseFrom(attached))).isEqualTo(segment);
  }

  @Test
  void ship_unavailableAtFirst_isTriedAgain() throws Exception {
    shipper.start();
    receiver.failures.add(Status.UNAVAILABLE);
    receiver.failures.add(Status.RESOURCE_EXHAUSTED);

    assertThat(ship(ExportTraceServiceRequest.getDefaultInstance()))
        .isInstanceOf(ShipResult.Accepted.class);
    assertThat(shipper.count(ShipCounter.RETRIED)).isEqualTo(2);
  }

  @Test
  void ship_refusedForGood_isDroppedAtOnceWithTheReason() throws Exception {
    shipper.start();
    receiver.failures.add(Status.INVALID_ARGUMENT.withDescription("no such thing"));

    ShipResult result = ship(ExportTraceServiceRequest.getDefaultInstance());

    assertThat(result).isEqualTo(new ShipResult.Dropped("INVALID_ARGUMENT: no such thing"));
    assertThat(receiver.received).isEmpty();
  }

  @Test
  void ship_partlyRejected_isNotCalledDelivered() throws Exception {
    shipper.start();
    receiver.rejectedSpans = 3;

    assertThat(ship(ExportTraceServiceRequest.getDefaultInstance()))
        .isEqualTo(new ShipResult.Dropped("3 rejected"));
    assertThat(shipper.count(ShipCounter.REJECTED)).isEqualTo(1);
  }

  @Test
  void ship_fullQueue_answersAtOnceAndCounts() throws Exception {
    for (int i = 0; i < Shipper.MAX_QUEUED; i++) {
      shipper.ship(ExportTraceServiceRequest.getDefaultInstance());
    }

    assertThat(ship(ExportTraceServiceRequest.getDefaultInstance()))
        .isEqualTo(new ShipResult.Dropped("the ship queue is full"));
    assertThat(shipper.count(ShipCounter.QUEUE_FULL)).isEqualTo(1);
  }

  private ShipResult ship(ExportTraceServiceRequest request) throws Exception {
    return shipper.ship(request).get(30, TimeUnit.SECONDS);
  }

  /** A real OTLP receiver on loopback that can be told to refuse. */
  private static final class Receiver extends TraceServiceGrpc.TraceServiceImplBase {
    private final Queue<Status> failures = new ConcurrentLinkedQueue<>();
    private final List<ExportTraceServiceRequest> received = new CopyOnWriteArrayList<>();
    private volatile long rejectedSpans;

    @Override
    public void export(
        ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> answer) {
      Status failure = failures.poll();
      if (failure != null) {
        answer.onError(failure.asRuntimeException());
        return;
      }
      received.add(request);
      ExportTraceServiceResponse.Builder response = ExportTraceServiceResponse.newBuilder();
      if (rejectedSpans > 0) {
        response.setPartialSuccess(
            ExportTracePartialSuccess.newBuilder()
                .setRejectedSpans(rejectedSpans)
                .setErrorMessage(rejectedSpans + " rejected"));
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }
  }
}
