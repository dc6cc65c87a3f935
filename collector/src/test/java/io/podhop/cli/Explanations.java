package io.podhop.cli;

import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.DnatChoice;
import io.podhop.model.Endpoint;
import io.podhop.model.Explanation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.PredictedHop;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Synthetic explanations as the collector would send them, on the nodes of {@link Scenes}. */
public final class Explanations {
  private static final Endpoint SERVICE =
      new Endpoint(IpAddress.parse("10.100.7.7"), 80, new Owner.Service("shop", "db", "pg"));
  private static final FlowKey TO_SERVICE = Scenes.tcp("192.168.1.21", 49_152, "10.100.7.7", 80);
  private static final FlowKey DIRECT = Scenes.tcp("192.168.1.21", 49_152, "192.168.33.7", 5432);
  private static final ObservationPoint WEB = Scenes.podPoint("node-a", "shop/web-7c9");
  private static final ObservationPoint WEB_VETH =
      Scenes.hostPoint("node-a", Role.HOST_VETH, "eni5f1c8e2b9a3");
  private static final ObservationPoint DB = Scenes.podPoint("node-b", "shop/db-0");
  private static final ObservationPoint DB_VETH =
      Scenes.hostPoint("node-b", Role.HOST_VETH, "enib0a7d4c3e21");

  private static final ObservationPoint A_ETH0 = Scenes.hostPoint("node-a", Role.ENI, "eth0");

  private Explanations() {}

  private static PredictedHop hop(ObservationPoint point, FlowKey packet, Citation... why) {
    return new PredictedHop(point, packet, List.of(why));
  }

  private static Citation nat(String chain, int number, String text) {
    return new Citation(Citation.Source.IPTABLES, "nat/" + chain, number, text);
  }

  private static Citation rule(int priority, String text) {
    return new Citation(Citation.Source.POLICY_RULE, "rule", priority, text);
  }

  private static Citation route(String table, String text) {
    return new Citation(Citation.Source.ROUTE, "table " + table, 0, text);
  }

  private static PredictedLeg leg(
      String node,
      Direction direction,
      FlowKey entering,
      FlowKey leaving,
      PredictedLeg.Fate fate,
      PredictedHop... hops) {
    return new PredictedLeg(
        node,
        direction,
        entering,
        List.of(hops),
        fate,
        leaving,
        Optional.empty(),
        List.of(),
        hops.length == 0 ? 0 : 9001,
        List.of());
  }

  public static Verdict verdict(Verdict.Id id, Verdict.Place place, String cause) {
    return new Verdict(
        id,
        List.of(),
        place,
        Direction.REQUEST,
        cause,
        List.of(),
        Verdict.Grade.UNPROVEN,
        "predicted, nothing was sent",
        "");
  }

  public static Verdict delivered() {
    return verdict(Verdict.Id.DELIVERED, Verdict.Place.NONE, "");
  }

  private static PredictedLeg atNodeB() {
    return leg(
        "node-b",
        Direction.REQUEST,
        DIRECT,
        DIRECT,
        new PredictedLeg.Arrives("shop/db-0"),
        hop(Scenes.B_ETH1, DIRECT),
        hop(
            DB_VETH,
            DIRECT,
            rule(512, "from all to 192.168.33.7 lookup main"),
            route("main", "192.168.33.7 dev enib0a7d4c3e21 scope link")),
        hop(DB, DIRECT));
  }

  private static PredictedLeg choosing() {
    Citation endpoint =
        nat("KUBE-SEP-AAAAAAAAAAAAAAAA", 2, "-p tcp -j DNAT --to-destination 192.168.33.7:5432");
    PredictedLeg leg =
        leg(
            "node-a",
            Direction.REQUEST,
            TO_SERVICE,
            DIRECT,
            new PredictedLeg.Leaves("eth1", "eth1"),
            hop(WEB, TO_SERVICE),
            hop(WEB_VETH, TO_SERVICE),
            hop(
                Scenes.A_ETH1,
                DIRECT,
                endpoint,
                rule(1536, "from 192.168.1.21 lookup 2"),
                route("2", "default via 192.168.0.1 dev eth1"),
                nat("AWS-SNAT-CHAIN-0", 1, "-d 192.168.0.0/16 -j RETURN")));
    return new PredictedLeg(
        leg.node(),
        leg.direction(),
        leg.entering(),
        leg.hops(),
        leg.fate(),
        leg.leaving(),
        leg.tracked(),
        List.of(
            new DnatChoice(DIRECT.destination(), 5432, 0.5, List.of(endpoint)),
            new DnatChoice(IpAddress.parse("192.168.33.9"), 5432, 0.5, List.of())),
        leg.mtu(),
        leg.notes());
  }

  private static List<PredictedLeg> back() {
    FlowKey reply = DIRECT.reversed();
    return List.of(
        leg(
            "node-b",
            Direction.REPLY,
            reply,
            reply,
            new PredictedLeg.Leaves("eth1", "eth1"),
            hop(DB, reply),
            hop(DB_VETH, reply),
            hop(Scenes.B_ETH1, reply, rule(1536, "from 192.168.33.7 lookup 2"))),
        leg(
            "node-a",
            Direction.REPLY,
            reply,
            TO_SERVICE.reversed(),
            new PredictedLeg.Arrives("shop/web-7c9"),
            hop(Scenes.A_ETH1, reply),
            hop(WEB_VETH, TO_SERVICE.reversed()),
            hop(WEB, TO_SERVICE.reversed())));
  }

  /** Through a service to one of two backends, and back. */
  public static Explanation service() {
    return new Explanation(
        Scenes.WEB,
        SERVICE,
        Protocol.TCP,
        Stream.concat(Stream.of(choosing(), atNodeB()), back().stream()).toList(),
        delivered(),
        List.of(
            "1 of 2 backends would fail: 192.168.33.9:5432, chosen with 50 % (lost-on-node: no"
                + " route to the pod)"));
  }

  /** Out of the wrong ENI: rule 1536 is missing. */
  public static Explanation wrongEni() {
    Citation rule = rule(32_766, "from all lookup main");
    Verdict.Place place = new Verdict.Place("node-a eth0", "node-b eth1");
    PredictedLeg.Dies dies =
        new PredictedLeg.Dies(
            Verdict.Id.WRONG_ENI,
            place,
            "it leaves by eth0 with source 192.168.1.21, which belongs to eth1: EC2's"
                + " source/destination check drops it; rule 1536 is missing",
            List.of(rule),
            "restore rule 1536 (from 192.168.1.21 lookup 2), or delete the pod");
    PredictedLeg leg =
        leg(
            "node-a",
            Direction.REQUEST,
            DIRECT,
            DIRECT,
            dies,
            hop(WEB, DIRECT),
            hop(WEB_VETH, DIRECT),
            hop(A_ETH0, DIRECT, rule, route("main", "default via 192.168.0.1 dev eth0")));
    return explanation(Scenes.DB, verdict(dies), List.of(), leg);
  }

  private static Explanation explanation(
      Endpoint destination, Verdict verdict, List<String> notes, PredictedLeg... legs) {
    return new Explanation(Scenes.WEB, destination, Protocol.TCP, List.of(legs), verdict, notes);
  }

  private static Verdict verdict(PredictedLeg.Dies dies) {
    return new Verdict(
        dies.verdict(),
        List.of(),
        dies.place(),
        Direction.REQUEST,
        dies.cause(),
        dies.why().stream().map(Citation::toString).toList(),
        Verdict.Grade.UNPROVEN,
        "predicted, nothing was sent",
        dies.advice());
  }

  /** The far node does not answer. */
  public static Explanation farNodeSilent() {
    String because = "nothing from node node-b: its agent is not connected";
    PredictedLeg near = wrongEni().legs().getFirst();
    return new Explanation(
        Scenes.WEB,
        Scenes.DB,
        Protocol.TCP,
        List.of(
            near,
            leg(
                "node-b",
                Direction.REQUEST,
                DIRECT,
                DIRECT,
                new PredictedLeg.Unclear(because, List.of()))),
        verdict(
            Verdict.Id.NOT_OBSERVED,
            new Verdict.Place("node-a eth0", ""),
            "cannot tell, because " + because),
        List.of());
  }

  /** To the internet, under the node's address. */
  public static Explanation external() {
    Endpoint outside =
        new Endpoint(IpAddress.parse("203.0.113.10"), 443, new Owner.External("example.com"));
    FlowKey out = Scenes.tcp("192.168.1.21", 49_152, "203.0.113.10", 443);
    FlowKey wire = Scenes.tcp("192.168.0.10", 49_152, "203.0.113.10", 443);
    Citation snat =
        nat(
            "AWS-SNAT-CHAIN-0",
            2,
            "! -o vlan+ -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.0.10");
    return explanation(
        outside,
        delivered(),
        List.of(
            "no node knows what becomes of it beyond node-a eth0; a reply is assumed to come in by"
                + " node-a eth0, which has 192.168.0.10"),
        leg(
            "node-a",
            Direction.REQUEST,
            out,
            wire,
            new PredictedLeg.Leaves("eth0", "eth0"),
            hop(WEB, out),
            hop(WEB_VETH, out),
            hop(
                A_ETH0,
                wire,
                rule(1024, "from all fwmark 0x80/0x80 lookup main"),
                route("main", "default via 192.168.0.1 dev eth0"),
                snat)),
        leg(
            "node-a",
            Direction.REPLY,
            wire.reversed(),
            out.reversed(),
            new PredictedLeg.Arrives("shop/web-7c9"),
            hop(A_ETH0, wire.reversed()),
            hop(WEB_VETH, out.reversed()),
            hop(WEB, out.reversed())));
  }

  /** An agent that wants to be more than text. */
  public static Explanation hostile() {
    String evil = "\u001b[2J\u202eevil\n";
    ObservationPoint point = new ObservationPoint(evil, Role.ENI, 1, 2, evil, evil);
    Citation cited = new Citation(Citation.Source.NOTE, evil, 1, evil);
    return new Explanation(
        Scenes.WEB,
        new Endpoint(DIRECT.destination(), 5432, new Owner.External(evil)),
        Protocol.TCP,
        List.of(
            leg(
                evil,
                Direction.REQUEST,
                DIRECT,
                TO_SERVICE,
                new PredictedLeg.Arrives(evil),
                hop(point, DIRECT, cited)),
            leg(evil, Direction.REPLY, DIRECT, DIRECT, new PredictedLeg.Unclear(evil, List.of()))),
        verdict(Verdict.Id.LOST_ON_NODE, new Verdict.Place(evil, evil), evil),
        List.of(evil));
  }
}
