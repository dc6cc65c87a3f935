package io.podhop.collector.api;

import io.podhop.collector.trace.Progress;
import io.podhop.v1.Refusal;
import io.podhop.v1.Resolved;
import io.podhop.v1.Result;
import io.podhop.v1.TraceEvent;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.TraceCodec;

/**
 * A run's progress as messages.
 *
 * @param linkTemplate where a trace can be looked at, with {@code {traceId}} in it; empty for none
 */
record TraceEvents(String linkTemplate) {
  TraceEvent of(Progress progress) {
    TraceEvent.Builder event = TraceEvent.newBuilder();
    switch (progress) {
      case Progress.Resolved resolved -> event.setResolved(resolved(resolved));
      case Progress.HopSeen seen -> event.setHop(ModelCodec.encode(seen.hop()));
      case Progress.Traced traced -> event.setTrace(TraceCodec.encode(traced.trace()));
      case Progress.Concluded concluded -> event.setResult(result(concluded));
      case Progress.Refused refused -> event.setRefusal(refusal(refused));
    }
    return event.build();
  }

  private static Resolved resolved(Progress.Resolved resolved) {
    return Resolved.newBuilder()
        .setSource(TraceCodec.encode(resolved.source()))
        .setDestination(TraceCodec.encode(resolved.destination()))
        .setProtocol(resolved.protocol().number())
        .addAllNodes(resolved.nodes())
        .addAllWarnings(resolved.warnings())
        .build();
  }

  private Result result(Progress.Concluded concluded) {
    Result.Builder result =
        Result.newBuilder()
            .setConnections(concluded.connections())
            .setDelivered(concluded.delivered())
            .setVerdict(TraceCodec.encode(concluded.verdict()));
    if (!linkTemplate.isEmpty() && !concluded.worstTraceId().isEmpty()) {
      result.setLink(linkTemplate.replace("{traceId}", concluded.worstTraceId()));
    }
    return result.build();
  }

  private static Refusal refusal(Progress.Refused refused) {
    return Refusal.newBuilder()
        .setReason(
            refused.usage() ? Refusal.Reason.REASON_USAGE : Refusal.Reason.REASON_NOT_OBSERVABLE)
        .setMessage(refused.sentence())
        .build();
  }
}
