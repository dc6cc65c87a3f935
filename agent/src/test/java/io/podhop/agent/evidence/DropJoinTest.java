package io.podhop.agent.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.evidence.TraceEvent.Dropped;
import io.podhop.agent.evidence.TraceEvent.Lost;
import io.podhop.agent.evidence.TraceEvent.Passed;
import io.podhop.agent.evidence.TraceEvent.Way;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeEvidence.KernelDrop;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DropJoinTest {
  private static final long REALTIME = 1_700_000_000_000_000_000L;
  private static final long WINDOW = 50_000;
  private static final String RECEIVED =
      "            bash-7601    [000] ..s1. 23771.426367: netif_receive_skb: dev=eni1"
          + " skbaddr=00000000a0fbb26d len=60";
  private static final String SENT =
      "            bash-7601    [000] ..s1. 23771.426369: net_dev_start_xmit: dev=eni1"
          + " queue_mapping=0 skbaddr=00000000a0fbb26d vlan_tagged=0 vlan_proto=0x0000"
          + " vlan_tci=0x0000 protocol=0x0800 ip_summed=3 len=74 data_len=0 network_offset=14"
          + " transport_offset_valid=1 transport_offset=34 tx_flags=0 gso_size=0 gso_segs=0"
          + " gso_type=0x0";
  private static final String DROPPED =
      "     a: [0] b-7601    [011] ..s1. 23771.426401: kfree_skb: skbaddr=00000000a0fbb26d"
          + " rx_sk=0000000000000000 protocol=2048 location=ip_rcv_finish+0x4bc/0xd00"
          + " reason: IP_RPFILTER";

  private static final FlowKey TUPLE =
      new FlowKey(Protocol.UDP, IpAddress.parse("10.7.1.2"), 9, IpAddress.parse("10.7.2.2"), 9);

  private final DropJoin join = new DropJoin();

  @Test
  void lines_ofEachKind_parsed() {
    assertThat(TraceEvent.parse(RECEIVED))
        .contains(new Passed(23_771_426_367_000L, 0xa0fbb26dL, "eni1", 60, Way.TAKEN_UP));
    assertThat(TraceEvent.parse(RECEIVED.replace("netif_receive_skb", "net_dev_queue")))
        .contains(new Passed(23_771_426_367_000L, 0xa0fbb26dL, "eni1", 46, Way.QUEUED));
    assertThat(TraceEvent.parse(SENT))
        .contains(new Passed(23_771_426_369_000L, 0xa0fbb26dL, "eni1", 60, Way.SENT));
    assertThat(TraceEvent.parse(DROPPED.replace("ip_rcv_finish+0x4bc/0xd00", "00000000c1dae2b3")))
        .contains(new Dropped(23_771_426_401_000L, 0xa0fbb26dL, "IP_RPFILTER", ""));
    assertThat(TraceEvent.parse(DROPPED))
        .contains(new Dropped(23_771_426_401_000L, 0xa0fbb26dL, "IP_RPFILTER", "ip_rcv_finish"));
    assertThat(TraceEvent.parse("CPU:1 [LOST 123 EVENTS]")).contains(new Lost(123));
    assertThat(TraceEvent.parse("CPU:1 [LOST EVENTS]")).contains(new Lost(1));
    assertThat(TraceEvent.parse("# tracer: nop")).isEmpty();
    assertThat(TraceEvent.parse("")).isEmpty();
  }

  @Test
  void droppedAfterArrival_attributed_withPlaceAndTime() {
    join.accept(new Passed(1000, 7, "eni1", 60, Way.ARRIVED));
    join.accept(new Passed(3000, 7, "eni1", 60, Way.TAKEN_UP));
    join.accept(new Dropped(5000, 7, "IP_RPFILTER", "ip_rcv_finish"));
    PacketSighting sighting = sighting("eni1", REALTIME + 900, 74);

    assertThat(match(sighting))
        .containsExactly(
            new KernelDrop("IP_RPFILTER", "ip_rcv_finish", "eni1", REALTIME + 5000, 74, "node"));
  }

  @Test
  void otherDeviceLengthOrTime_notAttributed() {
    join.accept(new Passed(1000, 7, "eni1", 60, Way.TAKEN_UP));
    join.accept(new Dropped(5000, 7, "NO_SOCKET", "x"));

    assertThat(match(sighting("eni2", REALTIME + 1000, 74))).isEmpty();
    assertThat(match(sighting("eni1", REALTIME + 1000, 75))).isEmpty();
    assertThat(match(sighting("eni1", REALTIME + 1001 + WINDOW, 74))).isEmpty();
    assertThat(match(sighting("eni1", REALTIME + 999 - WINDOW, 74))).isEmpty();
  }

  @Test
  void anothersPacketDroppedNearby_nearestIsOurs_soNothing() {
    join.accept(new Passed(1000, 7, "eni1", 60, Way.TAKEN_UP));
    join.accept(new Passed(3000, 8, "eni1", 60, Way.TAKEN_UP));
    join.accept(new Dropped(4000, 8, "IP_RPFILTER", "x"));

    assertThat(match(sighting("eni1", REALTIME + 1100, 74))).isEmpty();
    assertThat(match(sighting("eni1", REALTIME + 2900, 74))).hasSize(1);
  }

  @Test
  void bufferUsedAgainUnseen_laterDropIsNotOurs() {
    join.accept(new Passed(1000, 7, "eni1", 60, Way.TAKEN_UP));
    join.accept(new Dropped(3_000_000, 7, "NO_SOCKET", "x"));

    assertThat(match(sighting("eni1", REALTIME + 1000, 74))).isEmpty();
  }

  @Test
  void waitedForANeighbour_attributedSecondsLater() {
    join.accept(new Passed(1000, 7, "eni1", 60, Way.TAKEN_UP));
    join.accept(new Dropped(3_000_000_000L, 7, "NEIGH_FAILED", "arp_error_report"));

    assertThat(match(sighting("eni1", REALTIME + 1000, 74)))
        .extracting(KernelDrop::reason)
        .containsExactly("NEIGH_FAILED");
  }

  @Test
  void bufferUsedAgainSeen_dropBelongsToTheLatter() {
    join.accept(new Passed(1000, 7, "eni1", 60, Way.TAKEN_UP));
    join.accept(new Passed(101_000, 7, "eni2", 60, Way.TAKEN_UP));
    join.accept(new Dropped(102_000, 7, "NO_SOCKET", "x"));

    assertThat(match(sighting("eni1", REALTIME + 1000, 74))).isEmpty();
    assertThat(match(sighting("eni2", REALTIME + 101_000, 74))).hasSize(1);
  }

  @Test
  void sentOnAndDroppedInTheQueue_knownByItsArrival_toldOnce() {
    join.accept(new Passed(1000, 7, "eni1", 60, Way.TAKEN_UP));
    join.accept(new Passed(9000, 7, "eth0", 60, Way.QUEUED));
    join.accept(new Passed(9100, 7, "eth0", 60, Way.SENT));
    join.accept(new Dropped(9500, 7, "QDISC_DROP", "x"));
    PacketSighting arrival = sighting("eni1", REALTIME + 1000, 74);
    PacketSighting sending = sighting("eth0", REALTIME + 9000, 74);

    assertThat(match(arrival))
        .containsExactly(new KernelDrop("QDISC_DROP", "x", "eth0", REALTIME + 9500, 74, "node"));
    assertThat(match(sending, arrival))
        .containsExactly(new KernelDrop("QDISC_DROP", "x", "eth0", REALTIME + 9500, 74, "node"));
  }

  @Test
  void twoEndsOfAWireOfOneName_senderSeesItsOwn_notTheReceiversDrop() {
    join.accept(new Passed(1000, 7, "eth0", 60, Way.QUEUED));
    join.accept(new Passed(6000, 7, "eth0", 60, Way.SENT));
    join.accept(new Passed(8000, 7, "eth0", 60, Way.ARRIVED));
    join.accept(new Dropped(9000, 7, "IP_RPFILTER", "x"));

    assertThat(match(sighting("eth0", REALTIME + 5500, 74))).isEmpty();
    assertThat(match(sighting("eth0", REALTIME + 7900, 74))).hasSize(1);
    assertThat(match(sighting("eth0", REALTIME + 8900, 74))).hasSize(1);
  }

  @Test
  void queuedAndNeverSent_noCaptureSawItThere() {
    join.accept(new Passed(1000, 7, "eth0", 60, Way.QUEUED));
    join.accept(new Dropped(2000, 7, "QDISC_DROP", "x"));

    assertThat(match(sighting("eth0", REALTIME + 1000, 74))).isEmpty();
  }

  @Test
  void noiseLossAndBounds_counted() {
    join.accept(new Passed(1000, 7, "eni1", 60, Way.TAKEN_UP));
    join.accept(new Dropped(1100, 7, "NOT_SPECIFIED", "x"));
    join.accept(new Lost(5));
    assertThat(match(sighting("eni1", REALTIME + 1000, 74))).isEmpty();
    assertThat(join.lost()).isEqualTo(5);
    assertThat(join.forgot()).isFalse();

    for (int i = 0; i <= DropJoin.MAX_PASSAGES; i++) {
      join.accept(new Passed(2000 + i, i, "eni1", 60, Way.TAKEN_UP));
      join.accept(new Dropped(2000 + i, i, "NO_SOCKET", "x"));
    }
    assertThat(join.forgot()).isTrue();
    assertThat(join.dropsBeyond()).isEqualTo(DropJoin.MAX_PASSAGES + 1 - DropJoin.MAX_DROPS);
  }

  @Test
  void reasons_numberedByTheFormat_noiseFiltered() {
    String format =
        "field:enum skb_drop_reason reason;\toffset:36;\nprint fmt: __print_symbolic(REC->reason,"
            + " { 2, \"NOT_SPECIFIED\" }, { 9, \"NO_SOCKET\" }, { 31, \"TCP_OLD_ACK\" })";

    assertThat(DropReasons.told(format)).isTrue();
    assertThat(DropReasons.filter(format)).isEqualTo("reason != 2 && reason != 31");
    assertThat(DropReasons.told("field:void * location;")).isFalse();
    assertThat(DropReasons.filter("")).isEqualTo("0");
  }

  @Test
  void mutatedLines_neverThrow() {
    Random random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      String line = Mutation.of(i % 2 == 0 ? RECEIVED : DROPPED, random);
      TraceEvent.parse(line).ifPresent(join::accept);
    }
    assertThat(join.dropsBeyond()).isNotNegative();
    assertThat(match(sighting("eni1", REALTIME, 74))).hasSizeLessThanOrEqualTo(1);
  }

  private static PacketSighting sighting(String device, long timeNs, int lengthBytes) {
    return new PacketSighting(
        new ObservationPoint("node-x", Role.HOST_VETH, 1, 2, device, "test/a"),
        TUPLE,
        timeNs,
        lengthBytes);
  }

  private List<KernelDrop> match(PacketSighting... sightings) {
    return join.match(List.of(sightings), REALTIME, WINDOW);
  }
}
