package io.podhop.agent;

import static io.podhop.agent.correlate.NodeFixture.API;
import static io.podhop.agent.correlate.NodeFixture.API_POD;
import static io.podhop.agent.correlate.NodeFixture.ETH1;
import static io.podhop.agent.correlate.NodeFixture.FAR;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.podhop.agent.correlate.NodeFixture;
import io.podhop.agent.judge.SightBook;
import io.podhop.agent.judge.Thresholds;
import io.podhop.agent.metrics.FlowMetrics;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.ConntrackEntry.Accounting;
import io.podhop.agent.observe.Observers;
import io.podhop.agent.sample.Sampling;
import io.podhop.agent.sample.TraceBudget;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.PairTotals;
import io.podhop.model.Segment;
import io.podhop.model.TraceIds;
import io.podhop.model.Verdict;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import io.podhop.wire.TraceCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What UDP that conntrack alone has seen is counted, judged and traced as. */
class UdpFlowWorkTest {
  private static final FlowKey KEY = UdpEntries.udp(API, 40_000, FAR, 443);

  private final List<ExportTraceServiceRequest> shipped = new ArrayList<>();
  private final SightBook sights = new SightBook();
  private final FlowMetrics metrics = new FlowMetrics();
  private Optional<ConntrackEntry> conntrack = Optional.empty();
  private final FlowWork work =
      new FlowWork(
          () -> NodeFixture.view(true),
          sights,
          new FlowWork.Rules(Thresholds.DEFAULT, new Sampling(0), 1024),
          new FlowWork.Sinks(
              metrics,
              new Observers(_ -> true),
              new TraceMaker(sights, new TraceBudget(1000, 0), shipped::add)),
          _ -> conntrack);

  private void hear(FlowEvent event) {
    work.accept(event, 0);
    work.due(FlowJoiner.HOLD_NS).forEach(group -> work.finish(group, 0));
  }

  private static FlowEvent.Ended tracked(Accounting count) {
    ConntrackEntry entry = UdpEntries.entry(KEY, KEY.reversed(), count);
    return UdpConnection.begun(KEY, API_POD, entry, 0, Seen.START_NS).end(Flow.End.IDLE, 0);
  }

  @Test
  void finish_answered_isCountedAtItsPod() {
    hear(tracked(new Accounting(40, 5_000, 30, 90_000)));

    assertThat(metrics.pairs().totals())
        .singleElement()
        .satisfies(
            pair -> {
              assertThat(pair.source()).isEqualTo("shop/api");
              assertThat(pair.connections()).isEqualTo(1);
              assertThat(pair.failed()).isZero();
              assertThat(pair.requestPackets()).isEqualTo(40);
              assertThat(pair.replyBytes()).isEqualTo(90_000);
            });
    assertThat(shipped).isEmpty();
  }

  @Test
  void finish_unansweredWhileTheCaptureLost_isConntracksWordAndOfItsPodAlone() throws Exception {
    sights.opened(API_POD, "edges", 1);
    sights.opened(ETH1, "edges", 1);
    sights.note(API_POD, 3 * Seen.START_NS, new SightBook.Counters(9, 4, 0, 0));
    hear(tracked(new Accounting(3, 300, 0, 0)));

    assertThat(shipped).hasSize(1);
    Segment segment = segment(shipped.getFirst());
    assertThat(segment.traceId()).isEqualTo(TraceIds.ofTuple(KEY, Seen.START_NS));
    assertThat(segment.hops()).extracting(Hop::point).containsExactly(API_POD);
    assertThat(segment.coverage()).extracting(c -> c.point()).containsExactly(API_POD);
    assertThat(segment.outcome().orElseThrow().verdict()).isEqualTo(Verdict.Id.NO_ANSWER);
    assertThat(segment.outcome().orElseThrow().cause()).contains("UNREPLIED");
  }

  @Test
  void finish_capturedByItsHeadersBefore_keepsWhatWasCaptured() {
    conntrack = Optional.of(UdpEntries.entry(KEY, KEY.reversed(), new Accounting(900, 9, 900, 9)));
    FlowEvent.Ended captured = Seen.udp(KEY, Optional.empty()).at(API_POD);
    hear(new FlowEvent.Ended(captured.record(), API_POD, "edges", false));

    assertThat(metrics.pairs().totals()).extracting(PairTotals::requestPackets).containsExactly(1L);
  }

  private static Segment segment(ExportTraceServiceRequest request) throws Exception {
    return TraceCodec.decode(
        io.podhop.v1.Segment.parseFrom(
            OtlpAttributes.find(
                    request.getResourceSpans(0).getScopeSpans(0).getSpans(0).getAttributesList(),
                    Schema.SEGMENT)
                .orElseThrow()
                .getBytesValue()));
  }
}
