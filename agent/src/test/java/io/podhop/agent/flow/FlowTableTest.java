package io.podhop.agent.flow;

import static io.podhop.agent.decode.Frames.dns;
import static io.podhop.agent.decode.Frames.echo;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.icmp;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;
import static io.podhop.model.Direction.REPLY;
import static io.podhop.model.Direction.REQUEST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.Frames;
import io.podhop.agent.decode.PacketView;
import io.podhop.model.DnsExchange;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import io.podhop.model.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FlowTableTest {
  private static final String CLIENT = "192.168.1.21";
  private static final String SERVER = "192.168.33.7";
  private static final byte[] NONE = new byte[0];
  private static final byte[] MSS = hex("020405b4");
  private static final int SYN = PacketView.SYN;
  private static final int ACK = PacketView.ACK;
  private static final int SYN_ACK = SYN | ACK;
  private static final int FIN_ACK = PacketView.FIN | ACK;
  private static final FlowKey KEY = key(Protocol.TCP, 40112, 5432);

  private final FlowEvents events = new FlowEvents();
  private final FlowTable table = new FlowTable(4, 64, FlowTimeouts.KEEP_ALL, events);
  private final PacketView view = new PacketView();
  private long nowNs = 1_000;

  @Test
  void tcpConnection_fromSynToFin_keepsFirstOfEachKind() {
    handshake(1);
    fromClient(1, 101, 501, ACK | PacketView.PSH, new byte[10]);
    fromClient(1, 111, 501, ACK, new byte[20]);
    fromServer(1, 501, 131, ACK, NONE);
    fromServer(1, 501, 131, ACK, new byte[7]);
    fromClient(1, 131, 508, FIN_ACK, NONE);
    fromServer(1, 508, 132, FIN_ACK, NONE);

    FlowRecord flow = only();
    assertThat(flow.key()).isEqualTo(KEY);
    assertThat(flow.pointIndex()).isEqualTo(1);
    assertThat(flow.clientIsn()).isEqualTo(100);
    assertThat(flow.synSeen()).isTrue();
    assertThat(flow.request()).isEqualTo(new Traffic(5, 234, 30));
    assertThat(flow.reply()).isEqualTo(new Traffic(4, 171, 7));
    assertThat(flow.resetBy()).isEmpty();
    assertThat(flow.kinds())
        .extracting(KindSeen::kind, KindSeen::direction, KindSeen::firstNs, KindSeen::copies)
        .containsExactly(
            tuple(PacketKind.SYN, REQUEST, 1000L, 1),
            tuple(PacketKind.SYN_ACK, REPLY, 1001L, 1),
            tuple(PacketKind.ACK, REQUEST, 1002L, 1),
            tuple(PacketKind.DATA, REQUEST, 1003L, 2),
            tuple(PacketKind.DATA, REPLY, 1006L, 1),
            tuple(PacketKind.FIN, REQUEST, 1007L, 1),
            tuple(PacketKind.FIN, REPLY, 1008L, 1));
    assertThat(events.firsts()).hasSize(7).startsWith("1 SYN REQUEST 1000", "1 SYN_ACK REPLY 1001");
    KindSeen synAck = flow.seen(REPLY, PacketKind.SYN_ACK).orElseThrow();
    assertThat(synAck).isEqualTo(new KindSeen(REPLY, PacketKind.SYN_ACK, KEY.reversed(), 1001, 1));
  }

  @Test
  void retransmittedSyn_isACopy_andTheSamePacketAtAnotherPointIsAnotherRecord() {
    fromClient(0, 100, 0, SYN, MSS);
    fromClient(0, 100, 0, SYN, MSS);
    fromClient(2, 100, 0, SYN, MSS);

    assertThat(table.snapshot())
        .extracting(FlowRecord::pointIndex, flow -> flow.kinds().getFirst().copies())
        .containsExactly(tuple(0, 2), tuple(2, 1));
  }

  @Test
  void reusedPort_synWithAnotherIsn_beginsANewConnection() {
    handshake(0);
    fromClient(0, 101, 501, PacketView.RST, NONE);
    fromClient(0, 9_000, 0, SYN, MSS);
    fromServer(0, 0, 9_001, PacketView.RST | ACK, NONE);

    assertThat(table.snapshot())
        .extracting(FlowRecord::clientIsn, FlowRecord::resetBy)
        .containsExactly(
            tuple(100L, java.util.Optional.of(REQUEST)),
            tuple(9_000L, java.util.Optional.of(REPLY)));
  }

  @Test
  void synAckWithoutSyn_givesClientAndIsn() {
    fromServer(0, 500, 0, SYN_ACK, MSS);

    FlowRecord flow = only();
    assertThat(flow.key()).isEqualTo(KEY);
    assertThat(flow.synSeen()).isFalse();
    assertThat(flow.clientIsn()).isEqualTo(0xffff_ffffL);
  }

  @Test
  void joinedLate_lowerPortIsTheServer_andIsnUnknown() {
    fromServer(0, 700, 200, ACK, new byte[3]);

    FlowRecord flow = only();
    assertThat(flow.key()).isEqualTo(KEY);
    assertThat(flow.clientIsn()).isEqualTo(-1);
    assertThat(flow.kinds()).extracting(KindSeen::direction).containsExactly(REPLY);
  }

  @Test
  void icmpError_isAttributedToTheQuotedConnection() {
    fromClient(0, 100, 0, SYN, MSS);
    byte[] quoted = ip(CLIENT, SERVER, 6, tcp(40112, 5432, 100, 0, SYN, MSS));
    accept(0, ip("192.168.0.1", CLIENT, 1, icmp(3, 13, 0, quoted)));

    FlowRecord flow = only();
    assertThat(flow.icmpError())
        .contains(new IcmpErrorSeen(IpAddress.parse("192.168.0.1"), 3, 13, -1));
    KindSeen error = flow.seen(REPLY, PacketKind.ICMP_ERROR).orElseThrow();
    assertThat(error.tuple())
        .isEqualTo(
            new FlowKey(
                Protocol.ICMP, IpAddress.parse("192.168.0.1"), 0, IpAddress.parse(CLIENT), 0));
    assertThat(flow.request().packets()).isEqualTo(1);
    assertThat(flow.reply().packets()).isZero();
  }

  @Test
  void dnsExchanges_onOneTuple_areToldApartById() {
    accept(0, ip(CLIENT, SERVER, 17, udp(40112, 53, dns(1, 0x100, "db.shop", 1))));
    accept(0, ip(CLIENT, SERVER, 17, udp(40112, 53, dns(2, 0x100, "db.shop", 28))));
    accept(0, ip(SERVER, CLIENT, 17, udp(53, 40112, dns(2, 0x8183, "db.shop", 28))));

    List<FlowRecord> flows = table.snapshot();
    assertThat(flows).hasSize(2);
    DnsExchange first = flows.getFirst().dns().orElseThrow();
    DnsExchange second = flows.getLast().dns().orElseThrow();
    assertThat(first).isEqualTo(new DnsExchange(1, "db.shop", 1, first.hash(), -1, -1, 1));
    assertThat(second).isEqualTo(new DnsExchange(2, "db.shop", 28, second.hash(), 3, 1, 1));
    assertThat(first.hash()).isNotEqualTo(second.hash());
    assertThat(flows.getLast().kinds())
        .extracting(KindSeen::kind, KindSeen::direction)
        .containsExactly(tuple(PacketKind.DATAGRAM, REQUEST), tuple(PacketKind.DATAGRAM, REPLY));
  }

  @Test
  void plainUdp_firstSenderIsTheClient() {
    accept(0, ip(SERVER, CLIENT, 17, udp(100, 40112, new byte[4])));
    accept(0, ip(CLIENT, SERVER, 17, udp(40112, 100, new byte[8])));

    assertThat(only().key()).isEqualTo(key(Protocol.UDP, 40112, 100).reversed());
    assertThat(only().reply().payloadBytes()).isEqualTo(8);
  }

  @Test
  void echoes_ofOneIdentifier_areOneConnectionPerSequence() {
    accept(0, ip(CLIENT, SERVER, 1, echo(8, 77, 1)));
    accept(0, ip(SERVER, CLIENT, 1, echo(0, 77, 1)));
    accept(0, ip(CLIENT, SERVER, 1, echo(8, 77, 2)));

    assertThat(table.snapshot())
        .extracting(FlowRecord::key, FlowRecord::echoSequence, flow -> flow.kinds().size())
        .containsExactly(
            tuple(key(Protocol.ICMP, 77, 77), 1, 2), tuple(key(Protocol.ICMP, 77, 77), 2, 1));
  }

  @Test
  void fullTable_countsTheOverflowPerPoint_andGoesOnWithWhatItKnows() {
    for (int port = 1; port <= 70; port++) {
      accept(3, ip(CLIENT, SERVER, 17, udp(port, 9, NONE)));
    }
    accept(3, ip(SERVER, CLIENT, 17, udp(9, 64, NONE)));

    assertThat(table.size()).isEqualTo(64);
    assertThat(table.overflowed(3)).isEqualTo(6);
    assertThat(table.snapshot().getLast().reply().packets()).isEqualTo(1);
  }

  @Test
  void laterFragmentsAndOtherIcmp_areCountedAsUnattributed() {
    byte[] fragment = ip(CLIENT, SERVER, 17, new byte[8]);
    fragment[7] = 9;
    accept(0, fragment);
    accept(0, ip(CLIENT, SERVER, 58, icmp(133, 0, 0, NONE)));
    accept(0, ip(CLIENT, SERVER, 1, icmp(3, 1, 0, NONE)));

    assertThat(table.unattributed()).isEqualTo(3);
    assertThat(table.size()).isZero();
  }

  @Test
  void manyConnections_areAllFoundAgain() {
    FlowTable large = new FlowTable(2, 5_000, FlowTimeouts.KEEP_ALL, new FlowEvents());
    Random random = new Random(7);
    List<byte[]> syns = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      String from = "10." + random.nextInt(4) + "." + random.nextInt(256) + "." + i % 256;
      syns.add(ethernet(ip(from, SERVER, 6, tcp(1024 + i, 80, i, 0, SYN, MSS))));
    }
    for (int round = 0; round < 3; round++) {
      syns.forEach(frame -> feed(large, 1, frame));
    }

    assertThat(large.size()).isEqualTo(5_000);
    assertThat(large.overflowed(1)).isZero();
    assertThat(large.snapshot())
        .allSatisfy(flow -> assertThat(flow.kinds().getFirst().copies()).isEqualTo(3));
  }

  private void handshake(int point) {
    fromClient(point, 100, 0, SYN, MSS);
    fromServer(point, 500, 101, SYN_ACK, MSS);
    fromClient(point, 101, 501, ACK, NONE);
  }

  private void fromClient(int point, long seq, long ack, int flags, byte[] rest) {
    accept(point, ip(CLIENT, SERVER, 6, tcp(40112, 5432, seq, ack, flags, rest)));
  }

  private void fromServer(int point, long seq, long ack, int flags, byte[] rest) {
    accept(point, ip(SERVER, CLIENT, 6, tcp(5432, 40112, seq, ack, flags, rest)));
  }

  private void accept(int point, byte[] packet) {
    feed(table, point, ethernet(packet));
  }

  private void feed(FlowTable into, int point, byte[] frame) {
    DecodeStatus status =
        Decoder.decode(Frames.ETHERNET, frame, 0, frame.length, frame.length, view);
    assertThat(status).isEqualTo(DecodeStatus.OK);
    into.accept(point, view, nowNs++);
  }

  private FlowRecord only() {
    assertThat(table.snapshot()).hasSize(1);
    return table.snapshot().getFirst();
  }

  private static FlowKey key(Protocol protocol, int clientPort, int serverPort) {
    return new FlowKey(
        protocol, IpAddress.parse(CLIENT), clientPort, IpAddress.parse(SERVER), serverPort);
  }
}
