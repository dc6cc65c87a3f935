package io.podhop.agent.correlate;

import static io.podhop.agent.correlate.NodeFixture.API;
import static io.podhop.agent.correlate.NodeFixture.CART;
import static io.podhop.agent.correlate.NodeFixture.ETH1;
import static io.podhop.agent.correlate.NodeFixture.record;
import static io.podhop.agent.correlate.NodeFixture.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.KindSeen;
import io.podhop.agent.flow.TtlRange;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.PacketKind;
import io.podhop.model.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BeyondTest {
  private static final FlowKey KEY = tcp(API, 40000, CART);

  private static FlowRecord passing(int copies, TtlRange ttl) {
    FlowRecord once = record(ETH1, KEY, 77, 1_000, 0);
    return new FlowRecord(
        once.pointIndex(),
        once.key(),
        once.echoSequence(),
        once.firstNs(),
        once.lastNs(),
        once.end(),
        once.request(),
        once.reply(),
        ttl,
        once.replyTtl(),
        once.tcp(),
        once.dns(),
        once.icmpError(),
        once.tunnel(),
        once.quicConnectionId(),
        List.of(new KindSeen(Direction.REQUEST, PacketKind.SYN, KEY, 1_000, copies)));
  }

  private static Optional<Flow.Outcome> outcome(FlowRecord record) {
    IpamSnapshot ipam = NodeFixture.view(true).ipam();
    return new Beyond(NodeFixture.armed(), ipam)
        .outcome(List.of(record), List.of(API, CART), Instant.EPOCH);
  }

  @Test
  void outcome_samePacketWithFallingTtl_isALoop() {
    Flow.Outcome loop = outcome(passing(31, new TtlRange(2, 62))).orElseThrow();
    assertThat(loop.verdict()).isEqualTo(Verdict.Id.ROUTING_LOOP);
    assertThat(loop.cause()).contains("31 times").contains("from 62 to 2").contains("eth1");
  }

  @ParameterizedTest
  @CsvSource({"1, 2, 62", "3, 63, 63", "3, 61, 62"})
  void outcome_retransmitsOrAnotherWay_areNoLoop(int copies, int min, int max) {
    assertThat(outcome(passing(copies, new TtlRange(min, max)))).isEmpty();
  }
}
