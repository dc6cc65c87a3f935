package io.podhop.collector.api;

import io.podhop.collector.observe.FlowNews;
import io.podhop.collector.observe.PairsAnswer;
import io.podhop.v1.FlowEvent;
import io.podhop.v1.FlowsLost;
import io.podhop.v1.ListPairsResponse;
import io.podhop.v1.Refusal;
import io.podhop.wire.FlowCodec;
import org.jspecify.annotations.Nullable;

/** Observations as messages. */
final class ObserveEvents {
  private ObserveEvents() {}

  static FlowEvent of(FlowNews news) {
    return switch (news) {
      case FlowNews.Seen seen ->
          FlowEvent.newBuilder().setFlow(FlowCodec.encode(seen.flow())).build();
      case FlowNews.Lost lost ->
          FlowEvent.newBuilder()
              .setLost(
                  FlowsLost.newBuilder()
                      .setNode(lost.node())
                      .setCount(lost.count())
                      .setReason(lost.reason()))
              .build();
      case FlowNews.Refused refused ->
          refused(Refusal.Reason.REASON_NOT_OBSERVABLE, refused.sentence());
    };
  }

  static FlowEvent refused(Refusal.Reason reason, @Nullable String sentence) {
    return FlowEvent.newBuilder()
        .setRefusal(Refusal.newBuilder().setReason(reason).setMessage(String.valueOf(sentence)))
        .build();
  }

  static ListPairsResponse of(PairsAnswer answer) {
    return ListPairsResponse.newBuilder()
        .addAllPairs(answer.pairs().stream().map(FlowCodec::encode).toList())
        .setOverflowed(answer.overflowed())
        .addAllSilentNodes(answer.silentNodes())
        .build();
  }
}
