package io.podhop.agent.flow;

import static io.podhop.agent.flow.TcpScript.ACK;
import static io.podhop.agent.flow.TcpScript.FIN;
import static io.podhop.agent.flow.TcpScript.RST;
import static io.podhop.agent.flow.TcpScript.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.decode.Frames;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.Rtt;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import org.junit.jupiter.api.Test;

/** Known segments in, hand-computed answers out. */
class TcpAnalysisTest {
  private static final int MS = 1000;

  private final TcpScript script = new TcpScript(40112);

  @Test
  void wholeConnection_givesTimesWindowsAndClose() {
    script.handshake();
    script.at(1000).client(1001, 5001, ACK, 100);
    script.at(1100).server(5001, 1101, ACK, 0);
    script.at(3000).server(5001, 1101, ACK, 200);
    script.at(3050).client(1101, 5201, ACK, 0);
    script.at(4000).client(1101, 5201, FIN | ACK, 0);
    script.at(4100).server(5201, 1102, FIN | ACK, 0);
    script.at(4130).client(1102, 5202, ACK, 0);

    TcpQuality tcp = tcp();
    assertThat(tcp.clientIsn()).isEqualTo(1000);
    assertThat(tcp.synSeen()).isTrue();
    assertThat(tcp.handshakeNs()).isEqualTo(100_000);
    assertThat(tcp.handshakeAckNs()).isEqualTo(50_000);
    assertThat(tcp.firstByteNs()).isEqualTo(2_000_000);
    assertThat(tcp.closedBy()).contains(Direction.REQUEST);
    assertThat(tcp.resetBy()).isEmpty();
    // SYN, data and FIN were acknowledged after 100 us each; the server's after 50, 50 and 30.
    assertThat(tcp.client())
        .isEqualTo(
            new TcpHalf(
                1460, 7, 502 << 7, 0, 0, 0, 0, 0, 0, new Rtt(3, 100_000, 100_000, 100_000)));
    assertThat(tcp.server())
        .isEqualTo(
            new TcpHalf(1440, 7, 502 << 7, 0, 0, 0, 0, 0, 0, new Rtt(3, 30_000, 43_333, 50_000)));
    assertThat(script.record().end()).isEqualTo(Flow.End.CLOSED);
  }

  @Test
  void handshakeAckWithData_isTheAck() {
    script.at(0).client(1000, 0, SYN, 0);
    script.at(100).server(5000, 1001, SYN | ACK, 0);
    script.at(170).client(1001, 5001, ACK, 10);

    assertThat(tcp().handshakeAckNs()).isEqualTo(70_000);
  }

  @Test
  void synSentAgain_isATimeout_andGivesNoRoundTrip() {
    script.at(0).client(1000, 0, SYN, 0);
    script.at(1000 * MS).client(1000, 0, SYN, 0);
    script.at(3000 * MS).client(1000, 0, SYN, 0);
    script.at(3000 * MS + 100).server(5000, 1001, SYN | ACK, 0);

    TcpQuality tcp = tcp();
    assertThat(tcp.client().timeouts()).isEqualTo(2);
    assertThat(tcp.client().rtt()).isEqualTo(Rtt.NONE);
    assertThat(tcp.handshakeNs()).isEqualTo(3_000_100_000L);
    assertThat(tcp.retransmits()).isEqualTo(2);
  }

  @Test
  void threeDuplicateAcks_makeAFastRetransmission_ofALossAfterThePoint() {
    script.handshake();
    data(1000, 0, 5);
    for (int i = 1; i <= 4; i++) {
      script.at(1100 + i).server(5001, 1001, ACK, 0);
    }
    script.at(1200).client(1001, 5001, ACK, 1000);
    script.at(1300).server(5001, 6001, ACK, 0);

    TcpQuality tcp = tcp();
    assertThat(tcp.server().duplicateAcks()).isEqualTo(4);
    assertThat(tcp.client().retransmits()).isEqualTo(1);
    assertThat(tcp.client().timeouts()).isZero();
    assertThat(tcp.client().outOfOrder()).isZero();
    assertThat(tcp.client().unseenBytes()).isZero();
    assertThat(tcp.client().rtt().count()).as("only the SYN's: Karn").isEqualTo(1);
  }

  @Test
  void lossBeforeThePoint_isAFastRetransmission_thoughTheSegmentIsNew() {
    script.handshake();
    data(1000, 0, 1);
    data(1010, 2, 5);
    for (int i = 0; i < 4; i++) {
      script.at(1100 + i).server(5001, 2001, ACK, 0);
    }
    script.at(1300).client(2001, 5001, ACK, 1000);
    script.at(1400).server(5001, 6001, ACK, 0);

    TcpHalf client = tcp().client();
    assertThat(client.retransmits()).isEqualTo(1);
    assertThat(client.outOfOrder()).isZero();
    assertThat(client.unseenBytes()).isZero();
    assertThat(tcp().server().duplicateAcks()).isEqualTo(3);
  }

  @Test
  void sackAboveTheAck_isASignOfLoss_aDuplicateOneIsNot() {
    script.handshake();
    data(1000, 0, 3);
    script.at(300 * MS - 10).server(5001, 1001, ACK, 0, sack(2001, 4001));
    script.at(300 * MS).client(1001, 5001, ACK, 1000);
    script.at(300 * MS + 10).server(5001, 4001, ACK, 0);
    assertThat(tcp().client().retransmits()).isEqualTo(1);
    assertThat(tcp().client().timeouts()).isZero();

    script.at(600 * MS).client(4001, 5001, ACK, 1000);
    script.at(900 * MS - 10).server(5001, 4001, ACK, 0, sack(1001, 2001));
    script.at(900 * MS).client(4001, 5001, ACK, 1000);
    assertThat(tcp().client().timeouts()).isEqualTo(1);
  }

  @Test
  void pauseWithoutASign_isATimeout_andSoIsWhatIsSentAgainAfterIt() {
    script.handshake();
    data(1000, 0, 3);
    script.at(300 * MS).client(1001, 5001, ACK, 1000);
    script.at(300 * MS + 100).server(5001, 2001, ACK, 0);
    script.at(300 * MS + 150).client(2001, 5001, ACK, 1000).client(3001, 5001, ACK, 1000);
    script.at(300 * MS + 250).server(5001, 4001, ACK, 0);
    data(301 * MS, 3, 4);
    script.at(301 * MS + 500).client(4001, 5001, ACK, 1000);

    TcpHalf client = tcp().client();
    assertThat(client.timeouts()).isEqualTo(3);
    assertThat(client.retransmits()).as("0.5 ms after new data: no timer").isEqualTo(1);
  }

  @Test
  void segmentThatWasOvertaken_isOutOfOrder_notSentAgain() {
    script.handshake();
    data(1000, 1, 2);
    script.at(1020).client(1001, 5001, ACK, 1000);
    script.at(1100).server(5001, 3001, ACK, 0);

    TcpHalf client = tcp().client();
    assertThat(client.outOfOrder()).isEqualTo(1);
    assertThat(client.retransmits() + client.timeouts()).isZero();
    assertThat(client.unseenBytes()).isZero();
  }

  @Test
  void segmentThatComesAfterARoundTrip_isSentAgain() {
    script.handshake();
    data(1000, 1, 2);
    script.at(1000 + 151).client(1001, 5001, ACK, 1000);

    assertThat(tcp().client().outOfOrder()).isZero();
    assertThat(tcp().client().retransmits()).isEqualTo(1);
  }

  @Test
  void bytesAcknowledgedButNeverSeen_areUnseen_andNotLost() {
    script.handshake();
    data(1000, 0, 1);
    data(1010, 3, 4);
    script.at(1100).server(5001, 5001, ACK, 0);
    script.at(1200).server(5001, 8001, ACK, 0);
    data(1300, 7, 8);
    script.at(1400).server(5001, 9001, ACK, 0);

    TcpHalf client = tcp().client();
    // 2001..4001 lay in a hole, 5001..8001 beyond the highest byte that passed.
    assertThat(client.unseenBytes()).isEqualTo(5000);
    assertThat(client.retransmits() + client.timeouts() + client.outOfOrder()).isZero();
  }

  @Test
  void fourHoles_forgetTheOldest_whoseSegmentCountsAsSentAgain() {
    script.handshake();
    for (int i = 1; i <= 7; i += 2) {
      data(1000 + i, i, i + 1);
    }
    data(1010, 0, 1);
    data(1011, 2, 3);
    script.at(1100).server(5001, 9001, ACK, 0);

    TcpHalf client = tcp().client();
    assertThat(client.retransmits()).isEqualTo(1);
    assertThat(client.outOfOrder()).isEqualTo(1);
    assertThat(client.unseenBytes()).isEqualTo(2000);
  }

  @Test
  void duplicateAcks_needOutstandingDataAndTheSameWindow() {
    script.handshake();
    script.at(1000).server(5001, 1001, ACK, 0).server(5001, 1001, ACK, 0);
    data(2000, 0, 2);
    script.at(2100).server(5001, 1001, ACK, 0);
    script.serverWindow(400).server(5001, 1001, ACK, 0).server(5001, 1001, ACK, 0);
    script.server(5001, 1001, ACK, 50).server(5051, 1001, FIN | ACK, 0);

    assertThat(tcp().server().duplicateAcks()).isEqualTo(2);
  }

  @Test
  void windowThatCloses_countsOncePerClosing_andAResetsDoesNot() {
    script.handshake();
    data(1000, 0, 1);
    script.at(1100).serverWindow(0).server(5001, 2001, ACK, 0);
    script.at(200 * MS).client(2000, 5001, ACK, 0).client(2001, 5001, ACK, 1);
    script.at(200 * MS + 100).server(5001, 2001, ACK, 0).server(5001, 2001, ACK, 0);
    script.at(300 * MS).serverWindow(502).server(5001, 2001, ACK, 0);
    data(300 * MS + 50, 1, 2);
    script.at(300 * MS + 150).serverWindow(0).server(5001, 3001, ACK, 0);
    script.serverWindow(0).server(5001, 3001, RST | ACK, 0);

    TcpQuality tcp = tcp();
    assertThat(tcp.server().zeroWindows()).isEqualTo(2);
    assertThat(tcp.client().retransmits() + tcp.client().timeouts()).isZero();
    assertThat(tcp.client().unseenBytes()).isZero();
    assertThat(tcp.server().duplicateAcks()).isZero();
    assertThat(tcp.resetBy()).contains(Direction.REPLY);
  }

  @Test
  void probeThatTheReceiverTook_isNotUnseen() {
    script.handshake();
    script.at(1000).serverWindow(0).server(5001, 1001, ACK, 0);
    script.at(300 * MS).client(1001, 5001, ACK, 1);
    script.at(300 * MS + 100).serverWindow(10).server(5001, 1002, ACK, 0);
    script.at(300 * MS + 200).client(1002, 5001, ACK, 1000);

    TcpHalf client = tcp().client();
    assertThat(client.unseenBytes()).isZero();
    assertThat(client.retransmits() + client.timeouts() + client.outOfOrder()).isZero();
  }

  @Test
  void keepAlives_areNeitherSentAgainNorDuplicates_butAnUnacknowledgedByteIs() {
    script.handshake();
    data(1000, 0, 1);
    script.at(1100).server(5001, 2001, ACK, 0);
    script.at(5000 * MS).client(2000, 5001, ACK, 0);
    script.at(5000 * MS + 50).server(5001, 2001, ACK, 0);
    script.at(9000 * MS).client(2000, 5001, ACK, 1);
    script.at(9000 * MS + 50).server(5001, 2001, ACK, 0);
    assertThat(tcp().client().retransmits() + tcp().client().timeouts()).isZero();
    assertThat(tcp().server().duplicateAcks()).isZero();

    script.at(9500 * MS).client(2001, 5001, ACK, 1);
    script.at(9800 * MS).client(2001, 5001, ACK, 1);
    assertThat(tcp().client().timeouts()).isEqualTo(1);
  }

  @Test
  void sequenceThatWraps_isJudgedAsAnyOther() {
    long isn = 0xffff_fc00L;
    script.at(0).client(isn, 0, SYN, 0);
    script.at(100).server(0xffff_ffffL, isn + 1, SYN | ACK, 0);
    script.at(150).client(isn + 1, 0, ACK, 0);
    script.at(1000).client(isn + 1, 0, ACK, 1000).client(477 - 500 + 0x1_0000_0000L, 0, ACK, 500);
    script.at(1010).client(477 + 1000, 0, ACK, 1000).client(477, 0, ACK, 1000);
    script.at(1100).server(0, 2477, ACK, 0);
    script.at(400 * MS).client(1477, 0, ACK, 1000);

    TcpHalf client = tcp().client();
    assertThat(tcp().clientIsn()).isEqualTo(isn);
    assertThat(client.outOfOrder()).isEqualTo(1);
    assertThat(client.timeouts()).isEqualTo(1);
    assertThat(client.retransmits()).isZero();
    assertThat(client.unseenBytes()).isZero();
  }

  @Test
  void joinedInMidStream_judgesFromThereOn() {
    script.at(0).server(70_000, 3000, ACK, 1000);
    script.at(50).client(3000, 71_000, ACK, 0);
    script.at(100).client(3000, 71_000, ACK, 200);
    script.at(180).server(71_000, 3200, ACK, 0);
    script.at(400 * MS).client(3000, 71_000, ACK, 200);

    TcpQuality tcp = tcp();
    assertThat(tcp.clientIsn()).isEqualTo(-1);
    assertThat(tcp.synSeen()).isFalse();
    assertThat(tcp.handshakeNs()).isEqualTo(-1);
    assertThat(tcp.handshakeAckNs()).isEqualTo(-1);
    assertThat(tcp.firstByteNs()).isEqualTo(-1);
    assertThat(tcp.client().timeouts()).isEqualTo(1);
    assertThat(tcp.client().rtt()).isEqualTo(new Rtt(1, 80_000, 80_000, 80_000));
    assertThat(tcp.server().rtt()).isEqualTo(new Rtt(1, 50_000, 50_000, 50_000));
    assertThat(tcp.client().unseenBytes() + tcp.server().unseenBytes()).isZero();
  }

  @Test
  void onlyOneDirectionSeen_countsTheOthersBytesAsUnseen() {
    script.at(0).client(1000, 0, SYN, 0);
    script.at(150).client(1001, 5001, ACK, 0).client(1001, 5001, ACK, 100);
    script.at(900).client(1101, 6001, ACK, 0);
    script.at(901).client(1101, 7001, ACK, 0);

    TcpQuality tcp = tcp();
    assertThat(tcp.server().unseenBytes()).isEqualTo(2000);
    assertThat(tcp.client().unseenBytes()).isZero();
    assertThat(tcp.handshakeNs()).isEqualTo(-1);
    assertThat(tcp.client().retransmits() + tcp.client().timeouts()).isZero();
  }

  @Test
  void synWithData_isFirstByteAndNotSentAgain() {
    script.at(0).client(1000, 0, SYN, 100);
    script.at(100).server(5000, 1101, SYN | ACK, 0);
    script.at(150).client(1101, 5001, ACK, 0);
    script.at(400).server(5001, 1101, ACK, 10);

    TcpQuality tcp = tcp();
    assertThat(tcp.firstByteNs()).isEqualTo(400_000);
    assertThat(tcp.client().retransmits() + tcp.client().timeouts()).isZero();
    assertThat(tcp.client().rtt()).isEqualTo(new Rtt(1, 100_000, 100_000, 100_000));
  }

  @Test
  void simultaneousOpen_isOneConnection() {
    script.at(0).client(1000, 0, SYN, 0);
    script.at(10).server(5000, 0, SYN, 0);
    script.at(100).client(1000, 5001, SYN | ACK, 0);
    script.at(110).server(5000, 1001, SYN | ACK, 0);
    script.at(200).client(1001, 5001, ACK, 10);

    FlowRecord record = script.record();
    assertThat(record.clientIsn()).isEqualTo(1000);
    assertThat(record.kinds()).hasSize(5);
    assertThat(record.request().packets()).isEqualTo(3);
  }

  @Test
  void resets_areByWhomTheyCame_andAfterBothFinsTheConnectionIsClosed() {
    script.at(0).client(1000, 0, SYN, 0);
    script.at(100).server(0, 1001, RST | ACK, 0);
    FlowRecord refused = script.record();
    assertThat(refused.end()).isEqualTo(Flow.End.RESET);
    assertThat(refused.resetBy()).contains(Direction.REPLY);
    assertThat(refused.tcp().orElseThrow().closedBy()).isEmpty();

    TcpScript closed = new TcpScript(40113).handshake();
    closed.at(1000).server(5001, 1001, FIN | ACK, 0);
    assertThat(closed.record().end()).as("half-closed").isEqualTo(Flow.End.OPEN);
    closed.at(1100).client(1001, 5002, FIN | ACK, 0).client(1002, 5002, RST, 0);
    FlowRecord record = closed.record();
    assertThat(record.end()).isEqualTo(Flow.End.CLOSED);
    assertThat(record.tcp().orElseThrow().closedBy()).contains(Direction.REPLY);
    assertThat(record.resetBy()).contains(Direction.REQUEST);
  }

  @Test
  void giantsAndLongWindows_areNothingSpecial() {
    script.handshake();
    script.at(1000).clientWindow(65_535).client(1001, 5001, ACK, 65_000);
    script.at(1001).client(66_001, 5001, ACK, 65_000);
    script.at(1100).server(5001, 131_001, ACK, 0);

    FlowRecord record = script.record();
    TcpHalf client = record.tcp().orElseThrow().client();
    assertThat(record.request().payloadBytes()).isEqualTo(130_000);
    assertThat(client.maxWindowBytes()).isEqualTo(65_535L << 7);
    assertThat(client.retransmits() + client.outOfOrder() + client.unseenBytes()).isZero();
  }

  @Test
  void windowScaleOfOneEndOnly_isNotUsed() {
    script.at(0).client(1000, 0, SYN, 0, Frames.hex("01030307"));
    script.at(100).server(5000, 1001, SYN | ACK, 0);
    script.at(150).client(1001, 5001, ACK, 0);

    assertThat(tcp().client().windowScale()).isEqualTo(7);
    assertThat(tcp().server().windowScale()).isEqualTo(-1);
    assertThat(tcp().client().maxWindowBytes()).isEqualTo(502);
  }

  /** Segments of 1000 bytes: number {@code from} begins at 1001 + 1000 {@code from}. */
  private void data(long us, int from, int to) {
    for (int i = from; i < to; i++) {
      script.at(us).client(1001 + 1000L * i, 5001, ACK, 1000);
    }
  }

  private static byte[] sack(long left, long right) {
    return Frames.join(Frames.hex("0101050a"), Frames.u32(left), Frames.u32(right));
  }

  private TcpQuality tcp() {
    return script.record().tcp().orElseThrow();
  }
}
