package io.podhop.agent.judge;

import static io.podhop.model.Direction.REPLY;
import static io.podhop.model.Direction.REQUEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Flow;
import io.podhop.model.Flow.Outcome;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import io.podhop.model.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlowJudgeTest {
  private static Outcome judged(Draft draft) {
    return new FlowJudge(draft.flow(), 0, Thresholds.DEFAULT).outcome();
  }

  private static void failed(Draft draft, Verdict.Id verdict, String cause) {
    assertThat(judged(draft)).isEqualTo(new Outcome(verdict, java.util.List.of(), cause));
  }

  private static void healthy(Draft draft) {
    assertThat(judged(draft).isOdd()).as("%s", judged(draft)).isFalse();
  }

  @Test
  void judge_handshakeComplete_isDelivered() {
    healthy(Draft.tcp().handshake());
  }

  @Test
  void judge_synWithoutAnswer_countsTheTries() {
    failed(
        Draft.tcp().syn(4).packets(4, 0).seconds(7),
        Verdict.Id.NO_ANSWER,
        "no answer to 4 SYNs in 7.00 s");
  }

  @Test
  void judge_rstToTheSyn_isRefused() {
    failed(
        Draft.tcp().syn(1).reset(REPLY).packets(1, 1),
        Verdict.Id.REFUSED,
        "RST to the SYN, as from 192.168.33.7");
  }

  @Test
  void judge_clientGivesUpWithRst_isNoAnswerAndNotRefused() {
    assertThat(judged(Draft.tcp().syn(1).reset(REQUEST)).verdict()).isEqualTo(Verdict.Id.NO_ANSWER);
  }

  @ParameterizedTest
  @CsvSource({
    "192.168.33.7, 3, 3, port unreachable",
    "192.168.0.10, 3, 1, host unreachable",
    "192.168.0.10, 3, 13, administratively prohibited",
    "192.168.0.10, 11, 0, time exceeded",
    "192.168.0.10, 3, 99, type 3 code 99",
    "fd00::1, 1, 4, port unreachable",
    "fd00::1, 3, 0, time exceeded"
  })
  void judge_icmpError_isRefusedBySender(String sender, int type, int code, String words) {
    failed(
        Draft.udp().see(REQUEST, PacketKind.DATAGRAM, 1).icmp(sender, type, code, -1),
        Verdict.Id.REFUSED,
        "ICMP " + words + " from " + sender);
  }

  @Test
  void judge_packetTooBigOfAnEstablishedConnection_isDegradedNotRefused() {
    assertThat(judged(Draft.tcp().handshake().icmp("192.168.0.10", 3, 4, 1400)).degraded())
        .containsExactly(
            "packets were too big: ICMP fragmentation needed from 192.168.0.10, next hop MTU 1400");
  }

  @Test
  void judge_silenceAtAPointThatLostPackets_provesNothing() {
    Outcome outcome =
        new FlowJudge(Draft.tcp().syn(3).packets(3, 0).flow(), 12, Thresholds.DEFAULT).outcome();
    assertThat(outcome.verdict()).isEqualTo(Verdict.Id.NOT_OBSERVED);
    assertThat(outcome.cause()).contains("lost 12 packets");
  }

  @Test
  void judge_refusalAtAPointThatLostPackets_standsBecauseItWasSeen() {
    assertThat(
            new FlowJudge(Draft.tcp().syn(1).reset(REPLY).flow(), 12, Thresholds.DEFAULT)
                .outcome()
                .verdict())
        .isEqualTo(Verdict.Id.REFUSED);
  }

  @Test
  void judge_evictedBeforeItsAnswer_isNotObserved() {
    assertThat(judged(Draft.tcp().syn(1).end(Flow.End.EVICTED)).verdict())
        .isEqualTo(Verdict.Id.NOT_OBSERVED);
  }

  @Test
  void judge_midStream_isDelivered() {
    healthy(Draft.tcp().see(REQUEST, PacketKind.DATA, 1).packets(9, 0));
  }

  @Test
  void judge_onlyReplies_isDelivered() {
    healthy(Draft.tcp().see(REPLY, PacketKind.SYN_ACK, 1).packets(0, 3));
    healthy(Draft.udp().see(REPLY, PacketKind.DATAGRAM, 3).packets(0, 3));
  }

  @Test
  void judge_onlyRequestsOfAClientThatGoesOn_isDelivered() {
    healthy(Draft.tcp().syn(1).see(REQUEST, PacketKind.ACK, 1).packets(5, 0));
  }

  @Test
  void judge_echoAndDatagram_areAnsweredByTheirReplies() {
    Draft echo = Draft.of(Protocol.ICMP, "192.168.1.21", "192.168.33.7", 0);
    failed(
        echo.see(REQUEST, PacketKind.ECHO_REQUEST, 1),
        Verdict.Id.NO_ANSWER,
        "no answer to 1 echo request in 0.00 s");
    healthy(echo.see(REPLY, PacketKind.ECHO_REPLY, 1).packets(1, 1));
    failed(
        Draft.udp().see(REQUEST, PacketKind.DATAGRAM, 2).packets(2, 0).end(Flow.End.OPEN),
        Verdict.Id.NOT_OBSERVED,
        "no answer in 0.00 s, and then the capture ended");
    failed(
        Draft.udp()
            .see(REQUEST, PacketKind.DATAGRAM, 2)
            .packets(2, 0)
            .seconds(60)
            .end(Flow.End.OPEN),
        Verdict.Id.NO_ANSWER,
        "no answer to 2 datagrams in 60.00 s so far");
    healthy(Draft.udp().see(REPLY, PacketKind.DATAGRAM, 1).packets(1, 1));
  }

  @Test
  void judge_knownToConntrackAlone_saysSo() {
    failed(
        Draft.udp().tracked().see(REQUEST, PacketKind.DATAGRAM, 2).packets(2, 0).seconds(10),
        Verdict.Id.NO_ANSWER,
        "no answer to 2 datagrams in 10.00 s, by this node's conntrack (UNREPLIED)");
    healthy(Draft.udp().tracked().see(REPLY, PacketKind.DATAGRAM, 1).packets(1, 1));
  }

  @ParameterizedTest
  @CsvSource({"224.0.0.251", "239.1.2.3", "255.255.255.255", "ff02::fb"})
  void judge_sentToAGroup_owesNoAnswer(String group) {
    healthy(
        Draft.of(Protocol.UDP, "192.168.1.21", group, 5353)
            .see(REQUEST, PacketKind.DATAGRAM, 3)
            .packets(3, 0));
  }

  @ParameterizedTest
  @CsvSource({"3, NXDOMAIN", "2, SERVFAIL", "5, REFUSED", "12, RCODE12"})
  void judge_dnsErrorCode_isDnsFailedByName(int rcode, String name) {
    failed(
        Draft.udp().dns(rcode, 900_000, 1), Verdict.Id.DNS_FAILED, name + " for api.example.com");
  }

  @Test
  void judge_dnsTimeout_isDnsFailedWithTries() {
    failed(
        Draft.udp().dns(-1, -1, 2).seconds(5),
        Verdict.Id.DNS_FAILED,
        "no answer to 2 queries for api.example.com in 5.00 s");
  }

  @Test
  void judge_dnsAnswered_isDeliveredAndDegradedWhenRetriedOrSlow() {
    healthy(Draft.udp().dns(0, 900_000, 1));
    assertThat(judged(Draft.udp().dns(0, 1_500_000_000L, 2)).degraded())
        .containsExactly("asked 2 times", "slow answer: 1.50 s");
  }

  @Test
  void judge_openingInTrouble_saysHow() {
    assertThat(
            judged(
                    Draft.tcp()
                        .syn(2)
                        .see(REPLY, PacketKind.SYN_ACK, 3)
                        .packets(2, 3)
                        .handshakeNs(1_200_000_000L))
                .degraded())
        .containsExactly(
            "SYN sent 2 times",
            "SYN-ACK sent 3 times",
            "half-open: the client never acknowledged the SYN-ACK",
            "slow handshake: 1.20 s");
  }

  @Test
  void judge_qualityBeyondThresholds_isDegraded() {
    assertThat(judged(Draft.tcp().handshake().packets(500, 500).client(10, 4, 10, 1)).degraded())
        .containsExactly(
            "retransmitted 14 segments (1.4 %), 4 after a timeout",
            "10 segments out of order (1.0 %)", "the client closed its receive window 1 time");
    assertThat(judged(Draft.tcp().handshake().reset(REPLY)).degraded())
        .containsExactly("reset by the server");
  }

  @Test
  void judge_qualityBelowThresholds_isHealthy() {
    healthy(Draft.tcp().handshake().packets(5000, 5000).client(90, 2, 90, 0));
  }

  @Test
  void beyondOpening_leavesOutWhatHopsShow() {
    Draft draft = Draft.tcp().syn(2).see(REPLY, PacketKind.SYN_ACK, 1).client(9, 1, 0, 0);
    assertThat(
            new FlowJudge(draft.packets(50, 50).flow(), 0, Thresholds.DEFAULT)
                .beyondOpening()
                .degraded())
        .containsExactly("retransmitted 9 segments (9.0 %)");
  }
}
