package io.podhop.cli.client;

import io.podhop.v1.CaptureEnded;
import io.podhop.v1.CaptureEvent;
import io.podhop.v1.CaptureRequest;
import io.podhop.v1.CaptureStarted;
import io.podhop.v1.FlowEvent;
import io.podhop.v1.FlowsLost;
import io.podhop.v1.ListPairsResponse;
import io.podhop.v1.Packet;
import io.podhop.wire.FlowCodec;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.TraceCodec;

/** Messages about flows, pairs and packets as values, and back. */
final class ObserveAnswers {
  private ObserveAnswers() {}

  /**
   * @throws IllegalArgumentException when the event lacks what this version needs
   */
  static FlowNews decode(FlowEvent event) {
    return switch (event.getEventCase()) {
      case FLOW -> new FlowNews.Seen(FlowCodec.decode(event.getFlow()));
      case LOST -> decode(event.getLost());
      case REFUSAL ->
          new FlowNews.Refused(Answers.reason(event.getRefusal()), event.getRefusal().getMessage());
      case EVENT_NOT_SET -> throw new IllegalArgumentException("an event of an unknown kind");
    };
  }

  private static FlowNews decode(FlowsLost lost) {
    return new FlowNews.Lost(lost.getNode(), lost.getCount(), lost.getReason());
  }

  static KnownPairs decode(ListPairsResponse answer) {
    return new KnownPairs(
        answer.getPairsList().stream().map(FlowCodec::decode).toList(),
        answer.getOverflowed(),
        answer.getSilentNodesList());
  }

  static CaptureRequest encode(CaptureQuestion question) {
    return CaptureRequest.newBuilder()
        .addAllPods(question.pods())
        .setNamespace(question.namespace())
        .setFilter(question.filter())
        .setSnapshotBytes(question.snapshotBytes())
        .setMaxBytes(question.maxBytes())
        .setMaxMs(Math.toIntExact(question.time().toMillis()))
        .build();
  }

  /**
   * @throws IllegalArgumentException when the event lacks what this version needs
   */
  static CaptureNews decode(CaptureEvent event) {
    return switch (event.getEventCase()) {
      case STARTED -> decode(event.getStarted());
      case PACKETS ->
          new CaptureNews.Captured(
              event.getPackets().getPacketsList().stream().map(ObserveAnswers::decode).toList());
      case TRACE -> new CaptureNews.Traced(TraceCodec.decode(event.getTrace()));
      case ENDED -> decode(event.getEnded());
      case REFUSAL ->
          new CaptureNews.Refused(
              Answers.reason(event.getRefusal()), event.getRefusal().getMessage());
      case EVENT_NOT_SET -> throw new IllegalArgumentException("an event of an unknown kind");
    };
  }

  private static CaptureNews decode(CaptureStarted started) {
    return new CaptureNews.Started(
        started.getCaptureId(),
        started.getPointsList().stream().map(ModelCodec::decode).toList(),
        started.getWarningsList());
  }

  private static CaptureNews.Packet decode(Packet packet) {
    return new CaptureNews.Packet(
        packet.getPoint(),
        packet.getTimeNs(),
        packet.getWireLength(),
        packet.getData().asReadOnlyByteBuffer());
  }

  private static CaptureNews decode(CaptureEnded ended) {
    CaptureNews.Why why =
        switch (ended.getReason()) {
          case REASON_TIME -> CaptureNews.Why.TIME;
          case REASON_SIZE -> CaptureNews.Why.SIZE;
          case REASON_AGENT_LOST -> CaptureNews.Why.AGENT_LOST;
          case REASON_ASKED, REASON_UNSPECIFIED, UNRECOGNIZED -> CaptureNews.Why.ASKED;
        };
    return new CaptureNews.Ended(
        why,
        ended.getCoverageList().stream().map(ModelCodec::decode).toList(),
        ended.getDropped(),
        ended.getNotesList());
  }
}
