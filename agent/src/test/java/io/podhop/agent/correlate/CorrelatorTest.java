package io.podhop.agent.correlate;

import static io.podhop.agent.correlate.NodeFixture.API;
import static io.podhop.agent.correlate.NodeFixture.API_POD;
import static io.podhop.agent.correlate.NodeFixture.API_VETH;
import static io.podhop.agent.correlate.NodeFixture.CART;
import static io.podhop.agent.correlate.NodeFixture.CART_POD;
import static io.podhop.agent.correlate.NodeFixture.CART_VETH;
import static io.podhop.agent.correlate.NodeFixture.ETH0;
import static io.podhop.agent.correlate.NodeFixture.ETH1;
import static io.podhop.agent.correlate.NodeFixture.FAR;
import static io.podhop.agent.correlate.NodeFixture.INTERNET;
import static io.podhop.agent.correlate.NodeFixture.PRIMARY;
import static io.podhop.agent.correlate.NodeFixture.conntrack;
import static io.podhop.agent.correlate.NodeFixture.record;
import static io.podhop.agent.correlate.NodeFixture.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.model.Citation;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.Identity;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.Segment;
import io.podhop.model.Segment.Side;
import io.podhop.model.TraceIds;
import io.podhop.model.Translation;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CorrelatorTest {
  private static final Correlator.Ends ASKED =
      new Correlator.Ends(
          new Endpoint(API, 0, new Owner.Unknown()), new Endpoint(FAR, 8080, new Owner.Unknown()));

  @Test
  void segment_healthyFromSecondaryEni_followsRule1536AndIsSparedFromSnat() {
    FlowKey key = tcp(API, 40000, FAR);
    Segment segment =
        only(
            true,
            List.of(
                record(API_POD, key, 77, 1_000, 90_000),
                record(API_VETH, key, 77, 6_000, 85_000),
                record(ETH1, key, 77, 20_000, 80_000)),
            conntrack(key, key, 0));

    assertThat(segment.side()).isEqualTo(Side.SOURCE);
    assertThat(segment.identity()).isEqualTo(Identity.TCP_ISN);
    assertThat(segment.traceId()).isEqualTo(TraceIds.ofTcp(key, 77));
    assertThat(segment.owningEni()).isEqualTo("eth1");
    assertThat(points(segment)).containsExactly(API_POD, API_VETH, ETH1, ETH1, API_VETH, API_POD);
    assertThat(segment.hops().get(2).why())
        .extracting(Citation::toString)
        .containsExactly(
            "rule 1536 from 192.168.1.21 lookup 2",
            "table 2: default dev eth1",
            "AWS-SNAT-CHAIN-0 #1 -d 192.168.0.0/16 -j RETURN");
    assertThat(segment.translation()).isInstanceOf(Translation.None.class);
  }

  @Test
  void segment_toTheInternet_isOneConnectionUnderTwoTuples() {
    FlowKey before = tcp(API, 40000, INTERNET);
    FlowKey after = tcp(PRIMARY, 51040, INTERNET);
    Segment segment =
        only(
            true,
            List.of(
                record(API_POD, before, 77, 1_000, 0),
                record(API_VETH, before, 77, 6_000, 0),
                record(ETH0, after, 77, 20_000, 0)),
            conntrack(before, after, 0x80));

    assertThat(segment.client()).isEqualTo(before);
    assertThat(segment.wire()).isEqualTo(after);
    assertThat(segment.traceId()).isEqualTo(TraceIds.ofTcp(after, 77));
    assertThat(segment.owningEni()).isEqualTo("eth0");
    assertThat(segment.hops().get(2).why())
        .extracting(Citation::number)
        .containsExactly(1024, 0, 2);
    Translation.Snat snat = (Translation.Snat) segment.translation();
    assertThat(snat.before()).isEqualTo(before);
    assertThat(snat.after()).isEqualTo(after);
    assertThat(snat.evidence().getFirst().source()).isEqualTo(Citation.Source.CONNTRACK);
    assertThat(snat.evidence().getLast())
        .hasToString(
            "AWS-SNAT-CHAIN-0 #2 ! -o vlan+ -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.0.10 --random-fully");
  }

  @Test
  void segment_withoutRule1536_leavesByTheWrongEniAndStillKnowsTheOwner() {
    FlowKey key = tcp(API, 40000, FAR);
    Segment segment =
        only(
            false,
            List.of(
                record(API_POD, key, 77, 1_000, 0),
                record(API_VETH, key, 77, 6_000, 0),
                record(ETH0, key, 77, 20_000, 0)),
            conntrack(key, key, 0));

    assertThat(points(segment)).containsExactly(API_POD, API_VETH, ETH0);
    assertThat(segment.owningEni()).isEqualTo("eth1");
    assertThat(segment.hops().get(2).why().getFirst().number()).isEqualTo(32766);
  }

  @Test
  void segment_neverAtAnEni_saysWhereItShouldHaveLeft() {
    FlowKey key = tcp(API, 40000, FAR);
    Segment segment =
        Correlator.segment(
            NodeFixture.view(true),
            NodeFixture.armed(),
            Conversation.join(
                    List.of(
                        record(API_POD, key, 77, 1_000, 0), record(API_VETH, key, 77, 6_000, 0)),
                    _ -> Optional.empty())
                .getFirst(),
            ASKED);

    assertThat(points(segment)).containsExactly(API_POD, API_VETH, ETH1);
    assertThat(segment.hops().get(2)).isInstanceOf(Hop.NotSeen.class);
    assertThat(segment.translation()).isInstanceOf(Translation.Unknown.class);
  }

  @Test
  void segment_sameNode_crossesTwoVethsAndNoEni() {
    FlowKey key = tcp(API, 40000, CART);
    Segment segment =
        only(
            true,
            List.of(
                record(API_POD, key, 77, 1_000, 50_000),
                record(API_VETH, key, 77, 6_000, 45_000),
                record(CART_VETH, key, 77, 9_000, 40_000),
                record(CART_POD, key, 77, 12_000, 35_000)),
            conntrack(key, key, 0));

    assertThat(segment.side()).isEqualTo(Side.BOTH);
    assertThat(points(segment).subList(0, 4))
        .containsExactly(API_POD, API_VETH, CART_VETH, CART_POD);
    assertThat(segment.hops().get(2).why().getFirst().number()).isEqualTo(512);
  }

  @Test
  void segment_refusedBeforeConntrackWasAsked_isProvenByThePacketItself() {
    FlowKey key = tcp(API, 40000, FAR);
    Conversation forgotten =
        Conversation.join(
                List.of(record(API_POD, key, 77, 1_000, 0), record(ETH1, key, 77, 9_000, 0)),
                _ -> Optional.empty())
            .getFirst();

    Segment segment =
        Correlator.segment(NodeFixture.view(true), NodeFixture.armed(), forgotten, ASKED);

    assertThat(segment.translation()).isInstanceOf(Translation.None.class);
    assertThat(segment.translation().evidence().getFirst().text())
        .isEqualTo("the packet itself is the same on both sides");
  }

  @Test
  void join_twoConnectionsAtOnce_keepsThemApart() {
    FlowKey one = tcp(API, 40000, FAR);
    FlowKey other = tcp(API, 40001, FAR);
    List<FlowRecord> records =
        List.of(
            record(API_POD, one, 77, 1_000, 0),
            record(API_POD, other, 88, 2_000, 0),
            record(ETH1, one, 77, 3_000, 0),
            record(ETH1, other, 88, 4_000, 0));

    assertThat(Conversation.join(records, _ -> Optional.empty()))
        .extracting(conversation -> conversation.before().sourcePort())
        .containsExactly(40000, 40001);
  }

  private static Segment only(
      boolean with1536, List<FlowRecord> records, ConntrackEntry conntrack) {
    List<Conversation> conversations =
        Conversation.join(
            records, key -> Optional.of(conntrack).filter(entry -> entry.original().equals(key)));
    assertThat(conversations).hasSize(1);
    return Correlator.segment(
        NodeFixture.view(with1536), NodeFixture.armed(), conversations.getFirst(), ASKED);
  }

  private static List<ObservationPoint> points(Segment segment) {
    return segment.hops().stream().map(Hop::point).toList();
  }
}
