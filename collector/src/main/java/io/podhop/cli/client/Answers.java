package io.podhop.cli.client;

import io.podhop.model.Protocol;
import io.podhop.v1.AddressResponse;
import io.podhop.v1.NodeStatus;
import io.podhop.v1.Refusal;
import io.podhop.v1.Resolved;
import io.podhop.v1.Result;
import io.podhop.v1.TraceEvent;
import io.podhop.v1.TraceRequest;
import io.podhop.wire.AddressCodec;
import io.podhop.wire.InventoryCodec;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.TraceCodec;

/** Query messages as values, and back. */
final class Answers {
  private Answers() {}

  static TraceRequest encode(TraceQuestion question) {
    return TraceRequest.newBuilder()
        .setSource(question.ends().source())
        .setDestination(question.ends().destination())
        .setNamespace(question.namespace())
        .setPort(question.port())
        .setProtocol(question.protocol().number())
        .setCount(question.count())
        .setWatch(question.watch())
        .setTimeoutMs(Math.toIntExact(question.timeout().toMillis()))
        .build();
  }

  /**
   * @throws IllegalArgumentException when the event lacks what this version needs
   */
  static TraceNews decode(TraceEvent event) {
    return switch (event.getEventCase()) {
      case RESOLVED -> decode(event.getResolved());
      case HOP -> new TraceNews.HopSeen(ModelCodec.decode(event.getHop()));
      case TRACE -> new TraceNews.Traced(TraceCodec.decode(event.getTrace()));
      case RESULT -> decode(event.getResult());
      case REFUSAL -> decode(event.getRefusal());
      case EVENT_NOT_SET -> throw new IllegalArgumentException("an event of an unknown kind");
    };
  }

  static KnownNode decode(NodeStatus node) {
    return new KnownNode(
        InventoryCodec.decode(node.getInventory()),
        node.getConnected(),
        node.getLastHeardNs(),
        node.getVersion());
  }

  static KnownAddress decode(AddressResponse answer) {
    return new KnownAddress(
        answer.getNodesList().stream().map(AddressCodec::decode).toList(),
        answer.getSilentNodesList());
  }

  private static TraceNews decode(Resolved resolved) {
    return new TraceNews.Resolved(
        TraceCodec.decode(resolved.getSource()),
        TraceCodec.decode(resolved.getDestination()),
        Protocol.ofNumber(resolved.getProtocol()).orElse(Protocol.TCP),
        resolved.getNodesList(),
        resolved.getWarningsList());
  }

  private static TraceNews decode(Result result) {
    return new TraceNews.Finished(
        result.getConnections(),
        result.getDelivered(),
        TraceCodec.decode(result.getVerdict()),
        result.getLink());
  }

  private static TraceNews decode(Refusal refusal) {
    return new TraceNews.Refused(reason(refusal), refusal.getMessage());
  }

  /** A reason this version does not know cannot be the caller's spelling. */
  static TraceNews.Reason reason(Refusal refusal) {
    return refusal.getReason() == Refusal.Reason.REASON_USAGE
        ? TraceNews.Reason.USAGE
        : TraceNews.Reason.NOT_OBSERVABLE;
  }
}
