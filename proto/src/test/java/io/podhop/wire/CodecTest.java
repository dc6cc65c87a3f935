package io.podhop.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.ClockOffset;
import io.podhop.model.Coverage;
import io.podhop.model.Direction;
import io.podhop.model.Endpoint;
import io.podhop.model.EniInfo;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.Identity;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.PacketKind;
import io.podhop.model.PeerNode;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.PointCoverage;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.Segment;
import io.podhop.model.ServicePort;
import io.podhop.model.Trace;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import io.podhop.v1.Peers;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CodecTest {
  private static final IpAddress POD = IpAddress.parse("192.168.1.21");
  private static final IpAddress FAR = IpAddress.parse("2001:db8::7");
  private static final FlowKey KEY = new FlowKey(Protocol.TCP, POD, 40112, FAR, 5432);
  private static final ObservationPoint POINT =
      new ObservationPoint("node-a", Role.ENI, 4026532530L, 3, "eth1", "eni-0abc");
  private static final Coverage COVERAGE = new Coverage("tcp", 1, 2, 3, 4, 5, 6);
  private static final Citation RULE =
      new Citation(
          Citation.Source.IPTABLES, "nat/AWS-SNAT-CHAIN-0", 1, "-d 192.168.0.0/16 -j RETURN");

  private static final String TRACE_ID = "00112233445566778899aabbccddeeff";
  private static final Endpoint SOURCE = new Endpoint(POD, 40112, new Owner.Node("node-a", "eth0"));
  private static final Endpoint DESTINATION = new Endpoint(FAR, 5432, new Owner.External(""));
  private static final List<Hop> HOPS =
      List.of(new Hop.Observed(POINT, Direction.REQUEST, PacketKind.SYN, KEY, 5, 1, List.of()));

  @Test
  void hop_everyKindOfEvidence_roundTrips() {
    for (Role role : Role.values()) {
      for (PacketKind kind : PacketKind.values()) {
        ObservationPoint point = new ObservationPoint("n", role, 1, 2, "e", "o");
        for (Hop hop :
            List.of(
                new Hop.Observed(point, Direction.REPLY, kind, KEY, 7, 2, List.of(RULE)),
                new Hop.NotSeen(point, Direction.REQUEST, kind, COVERAGE, List.of()),
                new Hop.Inferred(point, Direction.REQUEST, kind, List.of(RULE)))) {
          assertThat(ModelCodec.decode(ModelCodec.encode(hop))).isEqualTo(hop);
        }
      }
    }
  }

  @Test
  void translation_everyKind_roundTrips() {
    List<Citation> evidence = List.of(RULE);
    for (Translation translation :
        List.of(
            new Translation.None(evidence),
            new Translation.Snat(KEY, KEY.reversed(), evidence),
            new Translation.Dnat(KEY, KEY.reversed(), evidence),
            new Translation.Both(KEY, KEY.reversed(), List.of()),
            new Translation.Unknown("no conntrack", List.of()))) {
      assertThat(ModelCodec.decode(ModelCodec.encode(translation))).isEqualTo(translation);
    }
  }

  @Test
  void owner_everyKind_roundTrips() {
    Instant since = Instant.ofEpochSecond(1_790_000_000L, 123_456_789);
    for (Owner owner :
        List.of(
            new Owner.Pod(new PodRef("shop", "web-0"), "web", "node-a", "eth1", Optional.of(since)),
            new Owner.Pod(new PodRef("shop", "web-0"), "web", "node-a", "", Optional.empty()),
            new Owner.Node("node-a", "eth0"),
            new Owner.Service("shop", "db", "tcp"),
            new Owner.External("example.com"),
            new Owner.Unknown())) {
      assertThat(TraceCodec.decode(TraceCodec.encode(owner))).isEqualTo(owner);
    }
  }

  @Test
  void segment_full_roundTrips() {
    Segment segment =
        new Segment(
            TRACE_ID,
            Identity.TCP_ISN,
            "node-a",
            Segment.Side.SOURCE,
            SOURCE,
            DESTINATION,
            KEY,
            KEY,
            HOPS,
            List.of(new PointCoverage(POINT, COVERAGE)),
            new Translation.None(List.of()),
            "eth1",
            List.of("note"),
            Optional.empty());

    assertThat(TraceCodec.decode(TraceCodec.encode(segment))).isEqualTo(segment);
    Segment judged =
        segment.with(
            new Flow.Outcome(Verdict.Id.DNS_FAILED, List.of("asked 2 times"), "NXDOMAIN for x"));
    assertThat(TraceCodec.decode(TraceCodec.encode(judged))).isEqualTo(judged);
  }

  @Test
  void trace_everyVerdict_roundTrips() {
    for (Verdict.Id id : Verdict.Id.values()) {
      Verdict verdict =
          new Verdict(
              id,
              List.of("1 SYN retransmit"),
              new Verdict.Place("node-a eth1", "node-b eth0"),
              Direction.REQUEST,
              "cause",
              List.of("line"),
              Verdict.Grade.PROVEN,
              "complete",
              "");
      Trace trace = trace(verdict);
      assertThat(TraceCodec.decode(TraceCodec.encode(trace))).isEqualTo(trace);
    }
  }

  private static Trace trace(Verdict verdict) {
    return new Trace(
        TRACE_ID,
        Identity.TCP_ISN,
        5,
        SOURCE,
        DESTINATION,
        KEY,
        KEY,
        HOPS,
        List.of(new Translation.None(List.of())),
        310_000,
        1,
        new ClockOffset(-1_800_000, 9_000, true),
        List.of("node-b"),
        verdict,
        List.of());
  }

  @Test
  void inventory_full_roundTrips() {
    NodeInventory inventory =
        new NodeInventory(
            "node-a",
            POD,
            List.of(Cidr.parse("192.168.0.0/16")),
            List.of(new EniInfo("eni-0abc", "eth1", 3, List.of(POD), 2)),
            List.of(
                new PodInfo(
                    new PodRef("shop", "web-0"),
                    "web",
                    "c1",
                    List.of(POD, FAR),
                    4026532530L,
                    17,
                    "eni123",
                    9,
                    "eth1",
                    2)),
            List.of(
                new ServicePort(
                    "shop",
                    "db",
                    "tcp",
                    Protocol.TCP,
                    POD,
                    5432,
                    30080,
                    List.of(new ServicePort.Backend(FAR, 8080)))),
            List.of("no ipamd.log"));

    assertThat(InventoryCodec.decode(InventoryCodec.encode(inventory))).isEqualTo(inventory);
  }

  @Test
  void decode_malformedMessages_sayWhatIsWrong() {
    assertThatThrownBy(() -> ModelCodec.decode(io.podhop.v1.Hop.getDefaultInstance()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ModelCodec.decode(ByteString.copyFrom(new byte[5])))
        .hasMessageContaining("4 or 16 bytes");
    assertThatThrownBy(
            () ->
                TraceCodec.decode(
                    io.podhop.v1.Verdict.newBuilder()
                        .setId("made-up")
                        .setDirection(io.podhop.v1.Direction.DIRECTION_REPLY)
                        .build()))
        .hasMessageContaining("made-up");
  }

  @Test
  void peers_roundTrip_keepsEveryField() throws Exception {
    PeerNode peer =
        new PeerNode(
            "node-b",
            List.of(
                new PeerNode.Pod(
                    new PodRef("shop", "db-0"),
                    "db",
                    "eth1",
                    List.of(IpAddress.parse("192.168.33.7"), IpAddress.parse("2001:db8::7")))),
            List.of(
                new PeerNode.Eni("eth0", List.of(IpAddress.parse("192.168.32.10"))),
                new PeerNode.Eni("", List.of())),
            true);

    assertThat(PeerCodec.decode(Peers.parseFrom(PeerCodec.encode(peer).toByteArray())))
        .isEqualTo(peer);
    assertThat(PeerCodec.decode(PeerCodec.encode(PeerNode.forgotten("node-b"))).isForgotten())
        .isTrue();
  }

  @Test
  void peers_addressOfFiveBytes_isRefused() {
    Peers.Builder message = Peers.newBuilder().setNode("node-b");
    message.addPodsBuilder().addAddresses(ByteString.copyFrom(new byte[5]));
    assertThatThrownBy(() -> PeerCodec.decode(message.build()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
