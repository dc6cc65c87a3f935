package io.podhop.agent.span;

import io.podhop.model.Citation;
import io.podhop.model.Coverage;
import io.podhop.model.Direction;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.Identity;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.PacketKind;
import io.podhop.model.PodRef;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.Segment;
import io.podhop.model.Segment.Side;
import io.podhop.model.TraceIds;
import io.podhop.model.Translation;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** One healthy TCP connection, as the node of either end would tell it. */
public final class SegmentFixture {
  public static final IpAddress WEB = IpAddress.parse("192.168.1.21");
  public static final IpAddress DB = IpAddress.parse("192.168.33.7");
  public static final FlowKey KEY = new FlowKey(Protocol.TCP, WEB, 40112, DB, 5432);
  public static final String TRACE = TraceIds.ofTcp(KEY, 77);
  public static final ObservationPoint WEB_POD =
      point("node-a", Role.POD_ETH0, "eth0", "shop/web-0");
  public static final ObservationPoint WEB_VETH =
      point("node-a", Role.HOST_VETH, "eniaa", "shop/web-0");
  public static final ObservationPoint WEB_ENI = point("node-a", Role.ENI, "eth1", "");
  public static final ObservationPoint DB_ENI = point("node-b", Role.ENI, "eth0", "");
  public static final ObservationPoint DB_VETH =
      point("node-b", Role.HOST_VETH, "enibb", "shop/db-0");
  public static final ObservationPoint DB_POD = point("node-b", Role.POD_ETH0, "eth0", "shop/db-0");
  private static final Coverage COMPLETE = new Coverage("tcp", 1, 9_000_000, 3, 0, 0, 0);
  private static final Citation RULE =
      new Citation(
          Citation.Source.IPTABLES, "nat/AWS-SNAT-CHAIN-0", 1, "-d 192.168.0.0/16 -j RETURN");

  private SegmentFixture() {}

  private static ObservationPoint point(String node, Role role, String name, String owner) {
    return new ObservationPoint(node, role, 4026531840L + role.ordinal(), 2, name, owner);
  }

  static Hop seen(ObservationPoint at, PacketKind kind, Direction way, long timeNs) {
    FlowKey tuple = way == Direction.REQUEST ? KEY : KEY.reversed();
    List<Citation> why = at.role() == Role.ENI ? List.of(RULE) : List.of();
    return new Hop.Observed(at, way, kind, tuple, timeNs, 1, why);
  }

  static Hop silent(ObservationPoint at, PacketKind kind, Direction way) {
    return new Hop.NotSeen(at, way, kind, COMPLETE, List.of());
  }

  public static Segment source() {
    return segment(
        "node-a",
        Side.SOURCE,
        List.of(
            seen(WEB_POD, PacketKind.SYN, Direction.REQUEST, 1_000),
            seen(WEB_VETH, PacketKind.SYN, Direction.REQUEST, 7_000),
            seen(WEB_ENI, PacketKind.SYN, Direction.REQUEST, 21_000),
            seen(WEB_ENI, PacketKind.SYN_ACK, Direction.REPLY, 221_000),
            seen(WEB_VETH, PacketKind.SYN_ACK, Direction.REPLY, 231_000),
            seen(WEB_POD, PacketKind.SYN_ACK, Direction.REPLY, 236_000),
            seen(WEB_POD, PacketKind.DATA, Direction.REQUEST, 300_000),
            seen(WEB_POD, PacketKind.DATA, Direction.REPLY, 400_000),
            seen(WEB_POD, PacketKind.FIN, Direction.REPLY, 500_000),
            seen(WEB_POD, PacketKind.FIN, Direction.REQUEST, 510_000)));
  }

  static Segment lostAtTheEni() {
    return segment(
        "node-a",
        Side.SOURCE,
        List.of(
            seen(WEB_POD, PacketKind.SYN, Direction.REQUEST, 1_000),
            seen(WEB_VETH, PacketKind.SYN, Direction.REQUEST, 7_000),
            silent(WEB_ENI, PacketKind.SYN, Direction.REQUEST)));
  }

  static Segment destination() {
    return segment(
        "node-b",
        Side.DESTINATION,
        List.of(
            seen(DB_ENI, PacketKind.SYN, Direction.REQUEST, 118_000),
            seen(DB_VETH, PacketKind.SYN, Direction.REQUEST, 125_000),
            seen(DB_POD, PacketKind.SYN, Direction.REQUEST, 130_000),
            seen(DB_POD, PacketKind.SYN_ACK, Direction.REPLY, 150_000),
            seen(DB_VETH, PacketKind.SYN_ACK, Direction.REPLY, 155_000),
            seen(DB_ENI, PacketKind.SYN_ACK, Direction.REPLY, 160_000)));
  }

  private static Segment segment(String node, Side side, List<Hop> hops) {
    return new Segment(
        TRACE,
        Identity.TCP_ISN,
        node,
        side,
        new Endpoint(WEB, 40112, pod("web", "node-a")),
        new Endpoint(DB, 5432, pod("db", "node-b")),
        KEY,
        KEY,
        hops,
        List.of(),
        new Translation.None(List.of(RULE)),
        "eth1",
        List.of(),
        Optional.empty());
  }

  private static Owner pod(String workload, String node) {
    return new Owner.Pod(
        new PodRef("shop", workload + "-0"), workload, node, "eth1", Optional.of(Instant.EPOCH));
  }
}
