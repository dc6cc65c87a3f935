package io.podhop.agent.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.model.Flow.Outcome;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import io.podhop.model.TraceIds;
import io.podhop.model.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class SamplingTest {
  private static final long SECOND = 1_000_000_000L;

  private static String id(int isn) {
    FlowKey wire = new FlowKey(Protocol.TCP, IpAddress.ofIpv4(1), 40000, IpAddress.ofIpv4(2), 5432);
    return TraceIds.ofTcp(wire, isn);
  }

  @Test
  void takes_aShare_chosenByTheIdAloneSoThatTwoNodesAgree() {
    Sampling here = new Sampling(0.05);
    Sampling there = new Sampling(0.05);
    int taken = 0;
    for (int isn = 0; isn < 20_000; isn++) {
      assertThat(here.takes(id(isn))).isEqualTo(there.takes(id(isn)));
      taken += here.takes(id(isn)) ? 1 : 0;
    }
    assertThat(taken).isBetween(850, 1150);
  }

  @Test
  void takes_smallerShare_isPartOfTheLarger() {
    for (int isn = 0; isn < 5_000; isn++) {
      if (new Sampling(0.01).takes(id(isn))) {
        assertThat(new Sampling(0.1).takes(id(isn))).isTrue();
      }
    }
  }

  @Test
  void takes_bounds_areNoneAndAll() {
    assertThat(new Sampling(0).takes("0".repeat(32))).isFalse();
    assertThat(new Sampling(1).takes("f".repeat(32))).isTrue();
    assertThatThrownBy(() -> new Sampling(Double.NaN)).hasMessageContaining("no share");
  }

  @Test
  void of_outcome_saysWhy() {
    Outcome healthy = new Outcome(Verdict.Id.DELIVERED, List.of(), "");
    assertThat(Reason.of(healthy, false)).isEmpty();
    assertThat(Reason.of(healthy, true)).contains(Reason.SAMPLED);
    assertThat(Reason.of(new Outcome(Verdict.Id.DELIVERED, List.of("slow"), ""), true))
        .contains(Reason.DEGRADED);
    assertThat(Reason.of(new Outcome(Verdict.Id.REFUSED, List.of(), "RST"), false))
        .contains(Reason.FAILED);
  }

  @Test
  void take_beyondTheRate_shedsSampledFirstAndFailedLast() {
    TraceBudget budget = new TraceBudget(8, 0);
    for (int i = 0; i < 8; i++) {
      budget.take(Reason.SAMPLED, 0);
    }
    assertThat(budget.kept(Reason.SAMPLED)).isEqualTo(4);
    for (int i = 0; i < 8; i++) {
      budget.take(Reason.DEGRADED, 0);
    }
    assertThat(budget.kept(Reason.DEGRADED)).isEqualTo(2);
    for (int i = 0; i < 8; i++) {
      budget.take(Reason.FAILED, 0);
    }
    assertThat(budget.kept(Reason.FAILED)).isEqualTo(2);
    assertThat(budget.shed(Reason.FAILED)).isEqualTo(6);
    assertThat(budget.shed(Reason.SAMPLED)).isEqualTo(4);
    assertThat(budget.take(Reason.FAILED, SECOND / 8)).isTrue();
    assertThat(budget.take(Reason.FAILED, SECOND / 8)).isFalse();
  }
}
