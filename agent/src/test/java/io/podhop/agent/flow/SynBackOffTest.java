package io.podhop.agent.flow;

import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.Frames;
import io.podhop.agent.decode.PacketView;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.PacketKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SYNs that Linux sends again and again, in a table that is swept every second. */
class SynBackOffTest {
  private static final String CLIENT = "192.168.1.21";
  private static final String SERVER = "192.168.33.7";
  private static final long START_NS = 1_800_000_000_000_000_000L;
  private static final long SECOND = 1_000_000_000L;

  /** With tcp_syn_retries 6; the last is given up at 127 s. */
  private static final List<Integer> SYN_SECONDS = List.of(0, 1, 3, 7, 15, 31, 63);

  private final List<FlowRecord> ended = new ArrayList<>();
  private final List<FlowRecord> intervals = new ArrayList<>();
  private final FlowTable table =
      new FlowTable(
          1,
          8,
          FlowTimeouts.DEFAULT,
          new FlowEvents(
              slot -> ended.add(this.table().record(slot)),
              slot -> intervals.add(this.table().record(slot))));
  private final PacketView view = new PacketView();
  private long nowNs = START_NS;

  private FlowTable table() {
    return table;
  }

  private void passTo(long ns) {
    while (nowNs < ns) {
      nowNs = Math.min(ns, nowNs + SECOND);
      table.sweep(nowNs, 8);
    }
  }

  private void accept(byte[] packet) {
    byte[] frame = ethernet(packet);
    assertThat(Decoder.decode(Frames.ETHERNET, frame, 0, frame.length, frame.length, view))
        .isEqualTo(DecodeStatus.OK);
    table.accept(0, view, nowNs);
  }

  private void syns(int count, double timersAreLate) {
    for (int second : SYN_SECONDS.subList(0, count)) {
      passTo(START_NS + (long) (second * SECOND * timersAreLate));
      accept(ip(CLIENT, SERVER, 6, tcp(40_000, 80, 100, 0, PacketView.SYN, new byte[0])));
    }
  }

  private static int synsOf(FlowRecord record) {
    return record.copies(Direction.REQUEST, PacketKind.SYN);
  }

  @Test
  void synsToTheLast_areOneAttempt_toldOfEachMinute_andEndedSoonAfterTheirSenderGaveUp() {
    for (double late : new double[] {1, 1.06, 1.12}) {
      ended.clear();
      intervals.clear();
      nowNs = START_NS;
      syns(SYN_SECONDS.size(), late);
      passTo(START_NS + 127 * SECOND);
      assertThat(ended).isEmpty();
      assertThat(intervals).extracting(SynBackOffTest::synsOf).containsExactly(6, 7);

      passTo(START_NS + 155 * SECOND);
      assertThat(ended).extracting(SynBackOffTest::synsOf).containsExactly(7);
      assertThat(ended.getFirst().end()).isEqualTo(Flow.End.IDLE);
    }
    assertThat(table.created()).isEqualTo(3);
  }

  @Test
  void synsGivenUpEarly_endAfterTheHalfOpenTimeoutAsEver() {
    syns(5, 1);
    passTo(START_NS + 45 * SECOND - 1);
    assertThat(ended).isEmpty();

    passTo(START_NS + 45 * SECOND);
    assertThat(ended).extracting(SynBackOffTest::synsOf).containsExactly(5);
  }

  @Test
  void synAnsweredAtLast_isTheSameConnection() {
    syns(7, 1);
    passTo(START_NS + 126 * SECOND);
    int flags = PacketView.SYN | PacketView.ACK;
    accept(ip(SERVER, CLIENT, 6, tcp(80, 40_000, 500, 101, flags, new byte[0])));
    accept(ip(CLIENT, SERVER, 6, tcp(40_000, 80, 101, 501, PacketView.ACK, new byte[0])));

    assertThat(table.snapshot()).singleElement().matches(flow -> synsOf(flow) == 7);
    assertThat(table.created()).isEqualTo(1);
  }

  @Test
  void unansweredAttempts_areEvictedFirst_howeverLongTheyMayWait() {
    syns(7, 1);
    for (int port = 1; port <= 8; port++) {
      accept(ip(CLIENT, SERVER, 6, tcp(port, 80, 7, 0, PacketView.SYN, new byte[0])));
    }

    assertThat(ended).extracting(FlowRecord::end).containsExactly(Flow.End.EVICTED);
    assertThat(synsOf(ended.getFirst())).isEqualTo(7);
    assertThat(table.evicted().embryonic()).isEqualTo(1);
  }
}
