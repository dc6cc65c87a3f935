package io.podhop.agent.correlate;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.KindSeen;
import io.podhop.agent.flow.TtlRange;
import io.podhop.agent.ipam.IpamCounters;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.RuleSetParser;
import io.podhop.agent.route.NextHop;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.Route;
import io.podhop.agent.route.RouteOptions;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.agent.route.RouteType;
import io.podhop.agent.route.RuleAction;
import io.podhop.model.Cidr;
import io.podhop.model.Coverage;
import io.podhop.model.Direction;
import io.podhop.model.EniInfo;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.PointCoverage;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A node as values: two ENIs, a pod on each, the CNI's rules of release 1.21. */
public final class NodeFixture {
  public static final IpAddress PRIMARY = IpAddress.parse("192.168.0.10");
  public static final IpAddress CART = IpAddress.parse("192.168.1.12");
  public static final IpAddress API = IpAddress.parse("192.168.1.21");
  public static final IpAddress FAR = IpAddress.parse("192.168.33.21");
  public static final IpAddress INTERNET = IpAddress.parse("203.0.113.10");

  public static final ObservationPoint API_POD = point(Role.POD_ETH0, "eth0", "shop/api-0");
  public static final ObservationPoint API_VETH = point(Role.HOST_VETH, "eniapi", "shop/api-0");
  public static final ObservationPoint CART_VETH = point(Role.HOST_VETH, "enicart", "shop/cart-0");
  public static final ObservationPoint CART_POD = point(Role.POD_ETH0, "eth0", "shop/cart-0");
  public static final ObservationPoint ETH0 = point(Role.ENI, "eth0", "");
  public static final ObservationPoint ETH1 = point(Role.ENI, "eth1", "");
  private static final List<ObservationPoint> POINTS =
      List.of(API_POD, API_VETH, CART_VETH, CART_POD, ETH0, ETH1);

  private static final String NAT =
      """
      *nat
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      :AWS-CONNMARK-CHAIN-0 - [0:0]
      :AWS-SNAT-CHAIN-0 - [0:0]
      -A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -j AWS-CONNMARK-CHAIN-0
      -A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
      -A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
      -A AWS-CONNMARK-CHAIN-0 -d 192.168.0.0/16 -m comment --comment "AWS CONNMARK CHAIN, VPC CIDR" -j RETURN
      -A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark 0x80/0x80
      -A AWS-SNAT-CHAIN-0 -d 192.168.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
      -A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.0.10 --random-fully
      COMMIT
      """;

  private NodeFixture() {}

  private static ObservationPoint point(Role role, String name, String owner) {
    long netns = role == Role.POD_ETH0 ? 100 + owner.length() : 1;
    return new ObservationPoint("node-a", role, netns, 0, name, owner);
  }

  static Armed armed() {
    Coverage complete = new Coverage("tcp", 1, 2_000_000_000L, 9, 0, 0, 0);
    return new Armed(POINTS.stream().map(point -> new PointCoverage(point, complete)).toList());
  }

  /** The node; without the 1536 rule the api pod's packets take the main table. */
  public static NodeView view(boolean with1536) {
    List<PolicyRule> rules =
        new ArrayList<>(
            List.of(
                rule(512, null, CART, 0, 254),
                rule(512, null, API, 0, 254),
                rule(1024, null, null, 0x80, 254)));
    if (with1536) {
      rules.add(rule(1536, API, null, 0, 2));
    }
    rules.add(rule(32766, null, null, 0, 254));
    List<Route> routes =
        List.of(
            route(254, "0.0.0.0/0", "eth0", 2),
            route(254, "192.168.1.12/32", "enicart", 5),
            route(254, "192.168.1.21/32", "eniapi", 4),
            route(2, "0.0.0.0/0", "eth1", 3));
    RouteSnapshot snapshot =
        new RouteSnapshot(
            List.of(link(2, "eth0"), link(3, "eth1"), link(4, "eniapi"), link(5, "enicart")),
            List.of(new InterfaceAddress(2, "eth0", PRIMARY, 19, 0)),
            rules,
            routes,
            List.of(),
            0);
    return new NodeView(
        inventory(),
        new IpamSnapshot(Map.of(), List.of(), List.of(), new IpamCounters(0, 0, 0, 0, 0, 0, 0)),
        snapshot,
        NatSnapshot.of(RuleSetParser.parse(Backend.NFT, NAT)));
  }

  private static NodeInventory inventory() {
    return new NodeInventory(
        "node-a",
        PRIMARY,
        List.of(Cidr.parse("192.168.0.0/16")),
        List.of(
            new EniInfo("", "eth0", 2, List.of(PRIMARY), 254),
            new EniInfo("", "eth1", 3, List.of(), 2)),
        List.of(
            pod("api-0", API, "eniapi", 4, "eth1", 2),
            pod("cart-0", CART, "enicart", 5, "eth0", 254)),
        List.of(),
        List.of());
  }

  private static PodInfo pod(
      String name, IpAddress address, String veth, int index, String eni, int table) {
    String workload = name.substring(0, name.length() - 2);
    return new PodInfo(
        new PodRef("shop", name), workload, "c", List.of(address), 7, 42, veth, index, eni, table);
  }

  private static Link link(int ifindex, String name) {
    return new Link(ifindex, name, "", 9001, true, 0, -1, "", 0, true, 0);
  }

  private static PolicyRule rule(
      int priority, IpAddress from, IpAddress to, int fwmark, int table) {
    return new PolicyRule(
        IpFamily.IPV4,
        priority,
        false,
        Optional.ofNullable(from).map(address -> new Cidr(address, 32)),
        Optional.ofNullable(to).map(address -> new Cidr(address, 32)),
        fwmark,
        fwmark,
        "",
        "",
        RuleAction.LOOKUP,
        table,
        0,
        -1,
        List.of(),
        new PolicyRule.Detached(false, false, false));
  }

  private static Route route(int table, String destination, String name, int ifindex) {
    return new Route(
        table,
        RouteType.UNICAST,
        Cidr.parse(destination),
        List.of(new NextHop(Optional.empty(), ifindex, name, false, false)),
        0,
        3,
        0,
        Optional.empty(),
        RouteOptions.NONE);
  }

  public static FlowKey tcp(IpAddress source, int sourcePort, IpAddress destination) {
    return new FlowKey(Protocol.TCP, source, sourcePort, destination, 8080);
  }

  /** A record with a SYN at one time and, if the second is not 0, its SYN-ACK. */
  static FlowRecord record(ObservationPoint at, FlowKey key, long isn, long synNs, long ackNs) {
    List<KindSeen> kinds = new ArrayList<>();
    kinds.add(seen(Direction.REQUEST, PacketKind.SYN, key, synNs));
    if (ackNs != 0) {
      kinds.add(seen(Direction.REPLY, PacketKind.SYN_ACK, key.reversed(), ackNs));
    }
    TcpQuality tcp =
        new TcpQuality(
            isn,
            true,
            -1,
            -1,
            -1,
            TcpHalf.UNKNOWN,
            TcpHalf.UNKNOWN,
            Optional.empty(),
            Optional.empty());
    return new FlowRecord(
        POINTS.indexOf(at),
        key,
        -1,
        synNs,
        Math.max(synNs, ackNs),
        Flow.End.OPEN,
        new Traffic(1, 60, 0),
        ackNs == 0 ? Traffic.NONE : new Traffic(1, 60, 0),
        new TtlRange(64, 64),
        ackNs == 0 ? TtlRange.NONE : new TtlRange(64, 64),
        Optional.of(tcp),
        Optional.empty(),
        Optional.empty(),
        "",
        0,
        kinds);
  }

  private static KindSeen seen(Direction way, PacketKind kind, FlowKey tuple, long timeNs) {
    return new KindSeen(way, kind, tuple, timeNs, 1);
  }

  public static ConntrackEntry conntrack(FlowKey original, FlowKey translated, int mark) {
    return new ConntrackEntry(
        original,
        translated.reversed(),
        mark,
        true,
        true,
        119,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        1);
  }
}
