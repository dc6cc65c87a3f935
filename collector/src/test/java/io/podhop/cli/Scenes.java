package io.podhop.cli;

import io.podhop.model.Citation;
import io.podhop.model.ClockOffset;
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
import io.podhop.model.Trace;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Synthetic traces as the collector would send them: two nodes, pods on their second ENIs. */
public final class Scenes {
  public static final long START_NS = 1_790_000_000_000_000_000L;
  public static final String TRACE_ID = "4f1d0a9b8c7d6e5f4f1d0a9b8c7d6e5f";
  public static final String LINK = "http://jaeger:16686/trace/" + TRACE_ID;

  public static final Endpoint WEB = pod("shop/web-7c9", "192.168.1.21", 40112, "node-a", "eth1");
  public static final Endpoint DB = pod("shop/db-0", "192.168.33.7", 5432, "node-b", "eth1");
  public static final FlowKey DIRECT = tcp("192.168.1.21", 40112, "192.168.33.7", 5432);
  public static final ClockOffset SKEW = new ClockOffset(-1_800_000, 9_000, true);

  public static final ObservationPoint A_ETH1 = hostPoint("node-a", Role.ENI, "eth1");
  public static final ObservationPoint B_ETH1 = hostPoint("node-b", Role.ENI, "eth1");

  private static final List<ObservationPoint> WAY =
      List.of(
          podPoint("node-a", "shop/web-7c9"),
          hostPoint("node-a", Role.HOST_VETH, "eni5f1c8e2b9a3"),
          A_ETH1,
          B_ETH1,
          hostPoint("node-b", Role.HOST_VETH, "enib0a7d4c3e21"),
          podPoint("node-b", "shop/db-0"));
  private static final List<Long> AT_MICROS = List.of(0L, 6L, 20L, 138L, 151L, 157L);

  private Scenes() {}

  public static FlowKey tcp(String source, int sourcePort, String destination, int port) {
    return new FlowKey(
        Protocol.TCP, IpAddress.parse(source), sourcePort, IpAddress.parse(destination), port);
  }

  public static Endpoint pod(String ref, String address, int port, String node, String eni) {
    int slash = ref.indexOf('/');
    String name = ref.substring(slash + 1);
    PodRef pod = new PodRef(ref.substring(0, slash), name);
    return new Endpoint(
        IpAddress.parse(address), port, new Owner.Pod(pod, name, node, eni, Optional.empty()));
  }

  public static ObservationPoint podPoint(String node, String pod) {
    return new ObservationPoint(node, Role.POD_ETH0, 4_026_532_281L, 3, "eth0", pod);
  }

  public static ObservationPoint hostPoint(String node, Role role, String name) {
    return new ObservationPoint(node, role, 4_026_531_840L, 7, name, "");
  }

  public static Hop.Observed seen(ObservationPoint point, PacketKind packet, long micros) {
    return seen(point, packet, micros, 1);
  }

  private static Hop.Observed seen(
      ObservationPoint point, PacketKind packet, long micros, int copies) {
    boolean reply = packet == PacketKind.SYN_ACK || packet == PacketKind.RST;
    return new Hop.Observed(
        point,
        reply ? Direction.REPLY : Direction.REQUEST,
        packet,
        reply ? DIRECT.reversed() : DIRECT,
        START_NS + micros * 1000,
        copies,
        why(point, packet));
  }

  public static Hop.NotSeen notSeen(ObservationPoint point, boolean complete) {
    long dropped = complete ? 0 : 12;
    Coverage coverage =
        new Coverage("tcp port 5432", START_NS, START_NS + 3_000_000_000L, 4, dropped, 0, 0);
    return new Hop.NotSeen(
        point, Direction.REQUEST, PacketKind.SYN, coverage, why(point, PacketKind.SYN));
  }

  /** A handshake over both nodes: twelve hops. */
  public static List<Hop> handshake() {
    List<Hop> hops = new ArrayList<>();
    for (int i = 0; i < WAY.size(); i++) {
      hops.add(seen(WAY.get(i), PacketKind.SYN, AT_MICROS.get(i)));
    }
    for (int i = 0; i < WAY.size(); i++) {
      hops.add(seen(WAY.reversed().get(i), PacketKind.SYN_ACK, 170 + AT_MICROS.get(i)));
    }
    return hops;
  }

  /** Two SYNs left by node-a's ENI and never came to node-b's. */
  public static List<Hop> lostInVpc(boolean complete) {
    List<Hop> hops = new ArrayList<>();
    for (int i = 0; i < WAY.size(); i++) {
      hops.add(
          i < 3
              ? seen(WAY.get(i), PacketKind.SYN, AT_MICROS.get(i), 2)
              : notSeen(WAY.get(i), complete));
    }
    return hops;
  }

  public static Verdict delivered(String... degraded) {
    return new Verdict(
        Verdict.Id.DELIVERED,
        List.of(degraded),
        Verdict.Place.NONE,
        Direction.REQUEST,
        "",
        List.of(),
        Verdict.Grade.PROVEN,
        "12 of 12 points complete",
        "");
  }

  public static Verdict failed(Verdict.Id id, Direction direction, Verdict.Grade grade) {
    return new Verdict(
        id,
        List.of(),
        new Verdict.Place("node-a eth1", "node-b eth1"),
        direction,
        "the VPC did not deliver it: a security group, a network ACL or a route table",
        List.of(
            "2 SYNs left node-a by eth1, the ENI that owns 192.168.1.21",
            "node-b captured on eth1 for 3.0 s with filter tcp port 5432 and lost nothing"),
        grade,
        "node-b eth1 was watched all the time",
        "");
  }

  public static Trace lost() {
    return trace(
        lostInVpc(true), failed(Verdict.Id.LOST_IN_VPC, Direction.REQUEST, Verdict.Grade.PROVEN));
  }

  public static Trace trace(List<Hop> hops, Verdict verdict, Translation... translations) {
    return trace(hops, SKEW, verdict, translations);
  }

  public static Trace trace(
      List<Hop> hops, ClockOffset offset, Verdict verdict, Translation... translations) {
    return new Trace(
        TRACE_ID,
        Identity.TCP_ISN,
        START_NS,
        WEB,
        DB,
        DIRECT,
        DIRECT,
        hops,
        List.of(translations),
        verdict.id() == Verdict.Id.DELIVERED ? 327_000 : 0,
        0,
        offset,
        List.of(),
        verdict,
        List.of());
  }

  /** Pod to the internet: the node's primary address takes the pod's place. */
  public static Translation snat() {
    return Translation.between(
        tcp("192.168.1.21", 40112, "203.0.113.10", 443),
        tcp("192.168.0.10", 51040, "203.0.113.10", 443),
        List.of(
            conntrack("tcp 192.168.1.21:40112 > 203.0.113.10:443, reply to 192.168.0.10:51040"),
            new Citation(
                Citation.Source.IPTABLES,
                "nat/AWS-SNAT-CHAIN-0",
                2,
                "! -o vlan+ -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.0.10")));
  }

  /** Service to its endpoint. */
  public static Translation dnat() {
    return Translation.between(
        tcp("192.168.1.21", 40112, "10.100.7.7", 80), DIRECT, dnatEvidence());
  }

  public static List<Citation> dnatEvidence() {
    return List.of(
        conntrack("tcp 192.168.1.21:40112 > 10.100.7.7:80, reply from 192.168.33.7:5432"),
        new Citation(
            Citation.Source.IPTABLES,
            "nat/KUBE-SEP-AAAAAAAAAAAAAAAA",
            2,
            "-p tcp -m tcp -j DNAT --to-destination 192.168.33.7:5432"));
  }

  private static Citation conntrack(String text) {
    return new Citation(Citation.Source.CONNTRACK, "conntrack", 0, text);
  }

  private static List<Citation> why(ObservationPoint point, PacketKind packet) {
    return !point.equals(A_ETH1) || packet != PacketKind.SYN
        ? List.of()
        : List.of(
            new Citation(Citation.Source.POLICY_RULE, "rule", 1536, "from 192.168.1.21 lookup 2"),
            new Citation(
                Citation.Source.IPTABLES,
                "nat/AWS-SNAT-CHAIN-0",
                1,
                "-d 192.168.0.0/16 -j RETURN"));
  }
}
