package io.podhop.agent.flow;

import static io.podhop.agent.decode.Frames.dns;
import static io.podhop.agent.decode.Frames.dnsResponse;
import static io.podhop.agent.decode.Frames.echo;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.icmp;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.Frames;
import io.podhop.agent.decode.PacketView;
import io.podhop.model.DnsExchange;
import io.podhop.model.Flow;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How records begin, go on and end. */
class FlowLifeTest {
  private static final String A = "192.168.1.21";
  private static final String B = "192.168.33.7";
  private static final byte[] NONE = new byte[0];
  private static final long SECOND = 1_000_000_000L;
  private static final int SYN = PacketView.SYN;
  private static final int ACK = PacketView.ACK;
  private static final int FIN_ACK = PacketView.FIN | ACK;

  private final List<FlowRecord> ended = new ArrayList<>();
  private final List<FlowRecord> intervals = new ArrayList<>();
  private final FlowEvents events =
      new FlowEvents(
          slot -> ended.add(this.table().record(slot)),
          slot -> intervals.add(this.table().record(slot)));
  private final FlowTable table = new FlowTable(4, 8, FlowTimeouts.DEFAULT, events);
  private final PacketView view = new PacketView();
  private long nowNs = 1_800_000_000L * SECOND;

  private FlowTable table() {
    return table;
  }

  @Test
  void closedConnection_lingersForLatePackets_thenEnds() {
    open(40_000);
    client(40_000, 101, 501, FIN_ACK);
    server(40_000, 501, 102, FIN_ACK);
    after(SECOND);
    client(40_000, 102, 502, ACK);
    after(2 * SECOND - 1);
    assertThat(ended).isEmpty();
    after(1);

    assertThat(ended).extracting(FlowRecord::end).containsExactly(Flow.End.CLOSED);
    assertThat(ended.getFirst().request().packets()).isEqualTo(4);
    assertThat(table.size()).isZero();
    assertThat(events.ends(Flow.End.CLOSED)).isEqualTo(1);
  }

  @Test
  void silence_endsEachProtocolInItsTime() {
    client(1, 100, 0, SYN);
    open(2);
    udpRequest(3);
    udpRequest(4);
    accept(0, ip(B, A, 17, udp(9, 4, NONE)));
    accept(0, ip(A, B, 1, echo(8, 5, 1)));
    accept(0, ip(A, B, 1, echo(8, 5, 2)));
    accept(0, ip(B, A, 1, echo(0, 5, 2)));

    assertThat(endedAfter(SECOND)).containsExactly("icmp 5 closed");
    assertThat(endedAfter(29 * SECOND - 1)).isEmpty();
    assertThat(endedAfter(1)).containsExactly("icmp 5 idle", "tcp 1 idle", "udp 3 idle");
    assertThat(endedAfter(30 * SECOND)).containsExactly("udp 4 idle");
    assertThat(endedAfter(240 * SECOND)).containsExactly("tcp 2 idle");
    TableCheck.assertConsistent(table);
  }

  @Test
  void handshakeThatIsNotCompleted_isHalfOpen() {
    client(1, 100, 0, SYN);
    server(1, 500, 101, SYN | ACK);

    assertThat(endedAfter(30 * SECOND)).containsExactly("tcp 1 idle");
  }

  @Test
  void dnsExchange_hasLatencyRetriesAndAnswers() {
    accept(0, ip(A, B, 17, udp(4000, 53, dns(7, 0x100, "db.shop", 1))));
    nowNs += SECOND;
    accept(0, ip(A, B, 17, udp(4000, 53, dns(7, 0x100, "db.shop", 1))));
    nowNs += 5_000_000;
    byte[] address = Frames.record(1, 60, hex("cb00710a"));
    byte[] answer = dnsResponse(0x8180, "db.shop", 1, address);
    answer[0] = 0;
    answer[1] = 7;
    accept(0, ip(B, A, 17, udp(53, 4000, answer)));
    accept(0, ip(B, A, 17, udp(53, 4000, answer)));

    DnsExchange dns = table.snapshot().getFirst().dns().orElseThrow();
    assertThat(dns).isEqualTo(new DnsExchange(7, "db.shop", 1, dns.hash(), 0, 1_005_000_000L, 2));
    assertThat(events.answers()).containsExactly("0 203.0.113.10 60");
    assertThat(endedAfter(SECOND)).containsExactly("udp 4000 closed");
  }

  @Test
  void dnsQueryWithoutAnswer_isIdleAfterFiveSeconds_andAnIdUsedAgainIsAnotherExchange() {
    accept(0, ip(A, B, 17, udp(4000, 53, dns(7, 0x100, "db.shop", 1))));
    assertThat(endedAfter(5 * SECOND)).containsExactly("udp 4000 idle");
    assertThat(ended.getFirst().dns().orElseThrow().latencyNs()).isEqualTo(-1);

    accept(0, ip(A, B, 17, udp(4000, 53, dns(7, 0x100, "db.shop", 1))));
    accept(0, ip(B, A, 17, udp(53, 4000, dns(7, 0x8180, "db.shop", 1))));
    accept(0, ip(A, B, 17, udp(4000, 53, dns(7, 0x100, "web.shop", 1))));
    assertThat(table.snapshot())
        .extracting(flow -> flow.dns().orElseThrow().name())
        .containsExactly("web.shop");
    assertThat(ended).hasSize(2);
    assertThat(ended.getLast().end()).isEqualTo(Flow.End.CLOSED);
  }

  @Test
  void dnsOverTcp_staysATcpConnection_withItsFirstExchange() {
    open(4000, 53);
    byte[] query = Frames.prefixed(dns(9, 0x100, "db.shop", 1));
    accept(0, ip(A, B, 6, tcp(4000, 53, 101, 501, ACK, query)));
    nowNs += 3000;
    byte[] answer = Frames.prefixed(dns(9, 0x8183, "db.shop", 1));
    accept(0, ip(B, A, 6, tcp(53, 4000, 501, 101 + query.length, ACK, answer)));

    FlowRecord record = table.snapshot().getFirst();
    DnsExchange dns = record.dns().orElseThrow();
    assertThat(dns).isEqualTo(new DnsExchange(9, "db.shop", 1, dns.hash(), 3, 3000, 1));
    assertThat(record.tcp()).isPresent();
    assertThat(record.end()).isEqualTo(Flow.End.OPEN);
  }

  @Test
  void reusedPort_endsTheOldConnectionAsWhatItIs() {
    open(1);
    client(1, 101, 501, PacketView.RST);
    client(1, 9000, 0, SYN);
    assertThat(ended).extracting(FlowRecord::end).containsExactly(Flow.End.RESET);
    client(1, 12_000, 0, SYN);
    assertThat(ended).extracting(FlowRecord::end).endsWith(Flow.End.IDLE);
    assertThat(table.size()).isEqualTo(1);
    assertThat(table.created()).isEqualTo(3);
    TableCheck.assertConsistent(table);
  }

  @Test
  void longConnection_isToldOfEveryInterval() {
    open(1);
    for (int minute = 0; minute < 3; minute++) {
      after(30 * SECOND);
      client(1, 101, 501, ACK);
      after(30 * SECOND);
      client(1, 101, 501, ACK);
    }
    assertThat(intervals).extracting(FlowRecord::end).containsOnly(Flow.End.OPEN).hasSize(3);
    assertThat(intervals.getFirst().request().packets()).isEqualTo(3);
    after(0);
    assertThat(intervals).hasSize(3);
  }

  @Test
  void removedPoint_endsItsRecordsInTheSweeps_andItsIndexBeginsAnew() {
    accept(1, ip(A, B, 17, udp(1, 9, NONE)));
    accept(1, ip(A, B, 17, udp(2, 9, NONE)));
    accept(2, ip(A, B, 17, udp(1, 9, NONE)));
    table.removePoint(1);
    accept(1, ip(A, B, 17, udp(1, 9, new byte[7])));
    assertThat(ended).hasSize(1);
    after(0);

    assertThat(ended).extracting(FlowRecord::end).containsOnly(Flow.End.OPEN).hasSize(2);
    assertThat(table.snapshot())
        .extracting(FlowRecord::pointIndex, flow -> flow.request().payloadBytes())
        .containsExactly(
            org.assertj.core.api.Assertions.tuple(2, 0L),
            org.assertj.core.api.Assertions.tuple(1, 7L));
    TableCheck.assertConsistent(table);
  }

  @Test
  void finish_endsEveryRecordAsWhatItIs() {
    open(1);
    client(1, 101, 501, PacketView.RST);
    open(2);
    nowNs += 29 * SECOND;
    udpRequest(3);
    accept(0, ip(A, B, 17, udp(4, 53, dns(7, 0x100, "db.shop", 1))));
    nowNs += 6 * SECOND;
    table.finish(nowNs);

    assertThat(texts(0)).containsExactly("tcp 1 reset", "tcp 2 open", "udp 3 open", "udp 4 idle");
    assertThat(table.size()).isZero();
    assertThatThrownBy(() -> table.record(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void fullTable_takesClosedThenUnansweredThenIdle() {
    for (int port = 1; port <= 4; port++) {
      open(port);
    }
    client(3, 101, 501, PacketView.RST);
    client(2, 101, 501, PacketView.RST);
    udpRequest(5);
    udpRequest(6);
    client(7, 100, 0, SYN);
    udpRequest(8);
    for (int port = 9; port <= 14; port++) {
      open(port);
    }

    assertThat(texts(0))
        .containsExactly(
            "tcp 3 reset",
            "tcp 2 reset",
            "udp 5 evicted",
            "udp 6 evicted",
            "tcp 7 evicted",
            "udp 8 evicted");
    open(15);
    assertThat(ended.getLast().key().sourcePort()).isEqualTo(1);
    assertThat(table.evicted()).isEqualTo(new Evicted(2, 4, 1));
    assertThat(table.evicted().total()).isEqualTo(events.endCount());
    assertThat(table.overflowed(0)).isZero();
    TableCheck.assertConsistent(table);
  }

  @Test
  void connectionInUse_getsASecondChance() {
    for (int port = 1; port <= 8; port++) {
      open(port);
    }
    open(9);
    assertThat(texts(0))
        .as("all were referenced: the one idle longest")
        .containsExactly("tcp 1 evicted");
    client(2, 101, 501, ACK);
    open(10);
    assertThat(texts(0)).endsWith("tcp 3 evicted");
  }

  @Test
  void ttlsAndTunnel_areKept() {
    byte[] packet = ip(A, B, 17, udp(1, 9, NONE));
    accept(0, packet);
    packet[8] = 61;
    accept(0, packet);
    FlowRecord plain = table.snapshot().getFirst();
    assertThat(plain.requestTtl()).isEqualTo(new TtlRange(61, 63));
    assertThat(plain.replyTtl()).isEqualTo(TtlRange.NONE);
    assertThat(plain.tunnel()).isEmpty();

    byte[] inner = ip("10.1.0.1", "10.1.0.2", 17, udp(1, 9, NONE));
    accept(0, ip(A, B, 4, inner));
    accept(
        0,
        ip(
            A,
            B,
            17,
            udp(3, 4789, Frames.vxlan(8, 7, ethernet(ip(A, "10.1.0.2", 17, udp(1, 9, NONE)))))));
    assertThat(table.snapshot())
        .extracting(FlowRecord::tunnel)
        .containsExactly("", "ip-in-ip", "vxlan");
  }

  @Test
  void quicConnectionId_isThatOfTheClientsFirstInitial() {
    byte[] first = Frames.quicInitial(0xc3, 1, hex("0102030405060708"), hex("aa"), 40);
    accept(0, ip(A, B, 17, udp(4000, 443, first)));
    long id = view.quicConnectionId();
    byte[] answer = Frames.quicInitial(0xc3, 1, hex("aa"), hex("0909090909090909"), 40);
    accept(0, ip(B, A, 17, udp(443, 4000, answer)));
    byte[] second = Frames.quicInitial(0xc3, 1, hex("0909090909090909"), hex("aa"), 40);
    accept(0, ip(A, B, 17, udp(4000, 443, second)));
    udpRequest(5);

    assertThat(id).isNotZero();
    assertThat(table.snapshot()).extracting(FlowRecord::quicConnectionId).containsExactly(id, 0L);
  }

  @Test
  void errorsInBothDirections_keepTheirSenders() {
    udpRequest(1);
    accept(0, ip("10.0.0.1", A, 1, icmp(3, 1, 0, ip(A, B, 17, udp(1, 9, new byte[8])))));
    accept(0, ip("10.0.0.2", B, 1, icmp(3, 4, 1400, ip(B, A, 17, udp(9, 1, new byte[8])))));

    FlowRecord record = table.snapshot().getFirst();
    assertThat(record.icmpError().orElseThrow().sender()).hasToString("10.0.0.1");
    assertThat(record.kinds())
        .extracting(seen -> seen.direction() + " " + seen.tuple())
        .containsExactlyInAnyOrder(
            "REQUEST udp " + A + ":1 > " + B + ":9",
            "REPLY icmp 10.0.0.1 > " + A,
            "REQUEST icmp 10.0.0.2 > " + B);
  }

  private void open(int port) {
    open(port, 8080);
  }

  private void open(int port, int serverPort) {
    accept(0, ip(A, B, 6, tcp(port, serverPort, 100, 0, SYN, NONE)));
    accept(0, ip(B, A, 6, tcp(serverPort, port, 500, 101, SYN | ACK, NONE)));
    accept(0, ip(A, B, 6, tcp(port, serverPort, 101, 501, ACK, NONE)));
  }

  private void client(int port, long seq, long ack, int flags) {
    accept(0, ip(A, B, 6, tcp(port, 8080, seq, ack, flags, NONE)));
  }

  private void server(int port, long seq, long ack, int flags) {
    accept(0, ip(B, A, 6, tcp(8080, port, seq, ack, flags, NONE)));
  }

  private void udpRequest(int port) {
    accept(0, ip(A, B, 17, udp(port, 9, NONE)));
  }

  /** Time passes, then the hand goes round twice. */
  private void after(long ns) {
    nowNs += ns;
    table.sweep(nowNs, 8);
    table.sweep(nowNs, 8);
  }

  private List<String> endedAfter(long ns) {
    int before = ended.size();
    after(ns);
    return texts(before);
  }

  private List<String> texts(int from) {
    return ended.subList(from, ended.size()).stream()
        .map(flow -> flow.key().protocol() + " " + flow.key().sourcePort() + " " + flow.end())
        .sorted(from == 0 ? (_, _) -> 0 : java.util.Comparator.naturalOrder())
        .toList();
  }

  private void accept(int point, byte[] packet) {
    byte[] frame = ethernet(packet);
    DecodeStatus status =
        Decoder.decode(Frames.ETHERNET, frame, 0, frame.length, frame.length, view);
    assertThat(status).isEqualTo(DecodeStatus.OK);
    table.accept(point, view, nowNs);
  }
}
