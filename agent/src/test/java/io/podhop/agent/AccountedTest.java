package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.TtlRange;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import io.podhop.model.Traffic;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AccountedTest {
  private static final FlowKey KEY =
      new FlowKey(
          Protocol.TCP,
          IpAddress.parse("192.168.1.21"),
          40_000,
          IpAddress.parse("192.168.33.7"),
          5432);
  private static final ConntrackEntry.Accounting COUNTED =
      new ConntrackEntry.Accounting(700, 36_400, 900, 1_100_000);

  @Test
  void by_entryOfTheConnection_hasConntracksTotals() {
    FlowRecord flow = Accounted.by(entry(KEY, Optional.of(COUNTED)), seen(3, 180));

    assertThat(flow.request()).isEqualTo(new Traffic(700, 36_400, 11));
    assertThat(flow.reply()).isEqualTo(new Traffic(900, 1_100_000, 22));
  }

  @Test
  void by_entryTheOtherWayRound_isTurned() {
    FlowRecord flow = Accounted.by(entry(KEY.reversed(), Optional.of(COUNTED)), seen(3, 180));

    assertThat(flow.request()).isEqualTo(new Traffic(900, 1_100_000, 11));
    assertThat(flow.reply()).isEqualTo(new Traffic(700, 36_400, 22));
  }

  @Test
  void by_kernelThatDoesNotCount_changesNothing() {
    FlowRecord seen = seen(3, 180);

    assertThat(Accounted.by(entry(KEY, Optional.empty()), seen)).isEqualTo(seen);
  }

  @Test
  void by_entryYoungerThanTheConnection_keepsWhatWasSeen() {
    FlowRecord seen = seen(5_000, 600_000);

    assertThat(Accounted.by(entry(KEY, Optional.of(COUNTED)), seen).request())
        .isEqualTo(seen.request());
  }

  private static FlowRecord seen(long packets, long bytes) {
    return new FlowRecord(
        0,
        KEY,
        -1,
        1,
        2,
        Flow.End.CLOSED,
        new Traffic(packets, bytes, 11),
        new Traffic(packets, bytes, 22),
        TtlRange.NONE,
        TtlRange.NONE,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        "",
        0,
        List.of());
  }

  private static ConntrackEntry entry(
      FlowKey original, Optional<ConntrackEntry.Accounting> accounting) {
    return new ConntrackEntry(
        original,
        original.reversed(),
        0,
        true,
        true,
        119,
        Optional.empty(),
        Optional.empty(),
        accounting,
        1);
  }
}
