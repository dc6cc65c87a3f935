package io.podhop.collector.api;

import io.podhop.collector.trace.CaptureProgress;
import io.podhop.v1.CaptureEnded;
import io.podhop.v1.CaptureEvent;
import io.podhop.v1.CaptureStarted;
import io.podhop.v1.CapturedPackets;
import io.podhop.v1.Refusal;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.TraceCodec;

/** A capture's progress as messages. */
final class CaptureEvents {
  private CaptureEvents() {}

  static CaptureEvent of(CaptureProgress progress) {
    CaptureEvent.Builder event = CaptureEvent.newBuilder();
    switch (progress) {
      case CaptureProgress.Started started ->
          event.setStarted(
              CaptureStarted.newBuilder()
                  .setCaptureId(started.captureId())
                  .addAllPoints(started.points().stream().map(ModelCodec::encode).toList())
                  .addAllWarnings(started.warnings()));
      case CaptureProgress.Captured captured ->
          event.setPackets(CapturedPackets.newBuilder().addAllPackets(captured.packets()));
      case CaptureProgress.Traced traced -> event.setTrace(TraceCodec.encode(traced.trace()));
      case CaptureProgress.Ended ended ->
          event.setEnded(
              CaptureEnded.newBuilder()
                  .setReason(reason(ended.why()))
                  .addAllCoverage(ended.coverage().stream().map(ModelCodec::encode).toList())
                  .setDropped(ended.dropped())
                  .addAllNotes(ended.notes()));
      case CaptureProgress.Refused refused ->
          event.setRefusal(
              Refusal.newBuilder()
                  .setReason(
                      refused.usage()
                          ? Refusal.Reason.REASON_USAGE
                          : Refusal.Reason.REASON_NOT_OBSERVABLE)
                  .setMessage(refused.sentence()));
    }
    return event.build();
  }

  private static CaptureEnded.Reason reason(CaptureProgress.Why why) {
    return switch (why) {
      case TIME -> CaptureEnded.Reason.REASON_TIME;
      case SIZE -> CaptureEnded.Reason.REASON_SIZE;
      case ASKED -> CaptureEnded.Reason.REASON_ASKED;
      case AGENT_LOST -> CaptureEnded.Reason.REASON_AGENT_LOST;
    };
  }
}
