package io.podhop.agent.predict;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.correlate.Inventory;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.AllocationEvidence;
import io.podhop.agent.ipam.IntrospectionSnapshot;
import io.podhop.agent.ipam.IpamCounters;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.ipam.PoolHistory;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.linux.Sysctls;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.FamilyRules;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.RuleSetParser;
import io.podhop.agent.route.Neighbour;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.Route;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.agent.route.RouteText;
import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.LegQuery;
import io.podhop.model.PodRef;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Protocol;
import io.podhop.model.Tracked;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A node as its own tools print it, VPC CNI 1.21: VPC 10.40.0.0/16, pod shop/web-0 on the primary
 * ENI ens5, shop/db-0 on ens6, shop/card-0 on branch ENI vlan.eth.4 (strict). Tests edit the text.
 */
final class TextNode {
  static final PodRef WEB = new PodRef("shop", "web-0");
  static final PodRef DB = new PodRef("shop", "db-0");
  static final PodRef CARD = new PodRef("shop", "card-0");
  static final String WEB_IP = "10.40.1.11";
  static final String DB_IP = "10.40.2.21";
  static final String CARD_IP = "10.40.3.31";
  static final String WEB_VETH = "eni0000000000a";
  static final String DB_VETH = "eni0000000000b";
  static final String CARD_VETH = "vlan0000000000c";
  static final String FAR_IP = "10.40.33.7";
  static final String WORLD_IP = "198.51.100.9";
  static final String NODE_IP = "10.40.0.10";

  private static final Instant THEN = Instant.parse("2026-03-01T10:00:00Z");

  final Text addresses =
      new Text(
          """
          1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
              link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
              inet 127.0.0.1/8 scope host lo
          2: ens5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP group default qlen 1000
              link/ether 02:40:00:00:00:05 brd ff:ff:ff:ff:ff:ff
              inet 10.40.0.10/20 brd 10.40.15.255 scope global dynamic ens5
              inet6 2001:db8:40::10/128 scope global
          3: ens6: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP group default qlen 1000
              link/ether 02:40:00:00:00:06 brd ff:ff:ff:ff:ff:ff
              inet 10.40.0.20/20 brd 10.40.15.255 scope global ens6
          4: vlan.eth.4@ens6: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc noqueue state UP group default
              link/ether 02:40:00:00:00:07 brd ff:ff:ff:ff:ff:ff
              vlan protocol 802.1Q id 4 <REORDER_HDR>
          5: eni0000000000a@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc noqueue state UP group default
              link/ether 0a:00:00:00:00:0a brd ff:ff:ff:ff:ff:ff link-netnsid 0
          6: eni0000000000b@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc noqueue state UP group default
              link/ether 0a:00:00:00:00:0b brd ff:ff:ff:ff:ff:ff link-netnsid 1
          7: vlan0000000000c@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc noqueue state UP group default
              link/ether 0a:00:00:00:00:0c brd ff:ff:ff:ff:ff:ff link-netnsid 2
          """);

  final Text rules =
      new Text(
          """
          10:	from all iif vlan.eth.4 lookup 104
          10:	from all iif vlan0000000000c lookup 104
          20:	from all lookup local
          512:	from all to 10.40.1.11 lookup main
          512:	from all to 10.40.2.21 lookup main
          1024:	from all fwmark 0x80/0x80 lookup main
          1536:	from 10.40.2.21 lookup 2
          32765:	from 10.40.0.20 lookup 2
          32766:	from all lookup main
          32767:	from all lookup default
          """);

  final Text rules6 =
      new Text(
          """
          0:	from all lookup local
          512:	from all to 2001:db8:40:1::a lookup main
          32766:	from all lookup main
          """);

  final Text routes =
      new Text(
          """
          default via 10.40.0.1 dev ens5 proto dhcp src 10.40.0.10 metric 512
          10.40.0.0/20 dev ens5 proto kernel scope link src 10.40.0.10 metric 512
          10.40.1.11 dev eni0000000000a scope link
          10.40.2.21 dev eni0000000000b scope link
          default via 10.40.0.1 dev ens6 table 2
          10.40.0.1 dev ens6 table 2 scope link
          default via 10.40.0.1 dev vlan.eth.4 table 104
          10.40.0.1 dev vlan.eth.4 table 104 scope link
          10.40.3.31 dev vlan0000000000c table 104 scope link
          local 10.40.0.10 dev ens5 table local proto kernel scope host src 10.40.0.10
          local 10.40.0.20 dev ens6 table local proto kernel scope host src 10.40.0.20
          local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
          broadcast 10.40.15.255 dev ens5 table local proto kernel scope link src 10.40.0.10
          """);

  final Text routes6 =
      new Text(
          """
          2001:db8:40:1::a dev eni0000000000a metric 1024 pref medium
          default via fe80:ec2::1 dev ens5 metric 1024 pref medium
          local 2001:db8:40::10 dev ens5 table local proto kernel metric 0 pref medium
          """);

  final Text neighbours = new Text("10.40.0.1 dev ens5 lladdr 02:40:00:00:00:01 REACHABLE\n");

  final Text sysctls =
      new Text(
          """
          net.ipv4.ip_forward = 1
          net.ipv6.conf.all.forwarding = 1
          net.ipv4.conf.all.rp_filter = 0
          net.ipv4.conf.ens5.rp_filter = 2
          net.ipv4.conf.ens6.rp_filter = 2
          net.ipv4.conf.vlan/eth/4.rp_filter = 2
          net.ipv4.conf.eni0000000000a.rp_filter = 2
          net.ipv4.conf.eni0000000000b.rp_filter = 2
          net.ipv4.conf.vlan0000000000c.rp_filter = 2
          net.ipv4.conf.ens5.forwarding = 1
          net.ipv4.conf.ens6.forwarding = 1
          net.ipv4.conf.vlan/eth/4.forwarding = 1
          net.ipv4.conf.eni0000000000a.forwarding = 1
          net.ipv4.conf.eni0000000000b.forwarding = 1
          net.ipv4.conf.vlan0000000000c.forwarding = 1
          net.ipv4.conf.all.accept_local = 0
          net.ipv4.conf.all.route_localnet = 0
          net.ipv4.conf.all.src_valid_mark = 0
          """);

  final Text nat = new Text(Rules.NAT);
  final Text mangle = new Text(Rules.MANGLE);
  final Text filter = new Text(Rules.FILTER);
  final Text filter6 = new Text("*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n");

  /** ipamd's data store; empty when it does not answer. */
  final Text enis =
      new Text(
          """
          {"0":{"TotalIPs":2,"AssignedIPs":2,"ENIs":{
          "eni-5":{"ID":"eni-5","IsPrimary":true,"DeviceNumber":0,"RouteTableID":254,
            "AvailableIPv4Cidrs":{"10.40.1.11/32":{"Cidr":{"IP":"10.40.1.11","Mask":"/////w=="},
            "IPAddresses":{},"IsPrefix":false}},"IPv6Cidrs":{"2001:db8:40:1::/80":{"Cidr":
            {"IP":"2001:db8:40:1::","Mask":"/////////////wAAAAAAAA=="},"IPAddresses":{},
            "IsPrefix":true}}},
          "eni-6":{"ID":"eni-6","IsPrimary":false,"DeviceNumber":1,"RouteTableID":2,
            "AvailableIPv4Cidrs":{"10.40.2.16/28":{"Cidr":{"IP":"10.40.2.16","Mask":"////8A=="},
            "IPAddresses":{},"IsPrefix":true}},"IPv6Cidrs":{}}}}}
          """);

  /** The inside of pods, by their name; none when namespaces were not entered. */
  final Map<PodRef, Inside> insides = new HashMap<>();

  TextNode() {
    insides.put(WEB, new Inside(WEB_IP, "0a:00:00:00:00:0a", 5));
    insides.put(DB, new Inside(DB_IP, "0a:00:00:00:00:0b", 6));
    insides.put(CARD, new Inside(CARD_IP, "0a:00:00:00:00:0c", 7));
  }

  /** A pod's own namespace. */
  static final class Inside {
    final Text addresses;
    final Text routes =
        new Text("default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n");
    final Text routes6 =
        new Text("fe80::1 dev eth0 metric 1024\ndefault via fe80::1 dev eth0 metric 1024\n");
    final Text neighbours;

    Inside(String address, String gatewayMac, int hostIndex) {
      addresses =
          new Text(
              """
              3: eth0@ifHOST: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc noqueue state UP group default
                  link/ether 0e:00:00:00:00:0e brd ff:ff:ff:ff:ff:ff link-netnsid 0
                  inet ADDRESS/32 scope global eth0
                  inet6 2001:db8:40:1::a/128 scope global
              """
                  .replace("HOST", Integer.toString(hostIndex))
                  .replace("ADDRESS", address));
      neighbours =
          new Text(
              "169.254.1.1 dev eth0 lladdr MAC PERMANENT\nfe80::1 dev eth0 lladdr MAC PERMANENT\n"
                  .replace("MAC", gatewayMac));
    }

    RouteSnapshot read() {
      String standard = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n";
      return snapshot(
          addresses.value, standard, standard, routes.value, routes6.value, neighbours.value);
    }
  }

  /** Text that a test edits; an edit that would change nothing fails. */
  static final class Text {
    String value;

    Text(String value) {
      this.value = value;
    }

    /** Removes the lines that contain the words. */
    void cut(String words) {
      String left =
          String.join("\n", value.lines().filter(line -> !line.contains(words)).toList()) + "\n";
      assertThat(left).as("without '%s'", words).isNotEqualTo(value);
      value = left;
    }

    void add(String lines) {
      value = value + lines + "\n";
    }

    void replace(String old, String by) {
      assertThat(value).contains(old);
      value = value.replace(old, by);
    }
  }

  NodeView view() {
    RouteSnapshot state =
        snapshot(
                addresses.value,
                rules.value,
                rules6.value,
                routes.value,
                routes6.value,
                neighbours.value)
            .with(Sysctls.parse(sysctls.value));
    NatSnapshot rulesets =
        NatSnapshot.of(RuleSetParser.parse(Backend.NFT, nat.value + mangle.value + filter.value))
            .withIpv6(FamilyRules.of(RuleSetParser.parse(Backend.NFT, filter6.value)));
    IpamSnapshot ipam = ipam();
    NodeView view =
        new NodeView(
            Inventory.joinFromOutside("node-a", ipam, state, rulesets), ipam, state, rulesets);
    Map<PodRef, RouteSnapshot> read = new HashMap<>();
    insides.forEach((pod, inside) -> read.put(pod, inside.read()));
    return view.with(read);
  }

  private static RouteSnapshot snapshot(
      String addresses,
      String rules,
      String rules6,
      String routes,
      String routes6,
      String neighbours) {
    List<Link> links = whole(RouteText.links(addresses));
    List<InterfaceAddress> own = whole(RouteText.addresses(addresses));
    List<PolicyRule> policy = new ArrayList<>(whole(RouteText.rules(rules)));
    policy.addAll(whole(RouteText.rules(rules6, IpFamily.IPV6)));
    List<Route> ways =
        new ArrayList<>(whole(RouteText.routes(routes, RtNames.TABLE_MAIN, IpFamily.IPV4, links)));
    ways.addAll(whole(RouteText.routes(routes6, RtNames.TABLE_MAIN, IpFamily.IPV6, links)));
    List<Neighbour> entries = whole(RouteText.neighbours(neighbours, links));
    return new RouteSnapshot(links, own, policy, ways, entries, 0);
  }

  private static <T> List<T> whole(RouteText.Parsed<T> parsed) {
    assertThat(parsed.unread()).isEmpty();
    return parsed.values();
  }

  /** What ipamd tells. */
  IpamSnapshot ipam() {
    Map<IpAddress, List<Allocation>> held = new HashMap<>();
    Stream.of(
            held(WEB, WEB_IP, 0, 254, WEB_VETH),
            held(WEB, "2001:db8:40:1::a", 0, 254, WEB_VETH),
            held(DB, DB_IP, 1, 2, DB_VETH),
            held(CARD, CARD_IP, -1, 104, CARD_VETH))
        .forEach(one -> held.put(one.address(), List.of(one)));
    try {
      return new IpamSnapshot(
          held,
          List.of(),
          Map.of(),
          PoolHistory.EMPTY,
          List.of(),
          enis.value.isEmpty()
              ? IntrospectionSnapshot.EMPTY
              : IntrospectionSnapshot.of(enis.value, THEN),
          Optional.empty(),
          List.of(),
          new IpamCounters(0, 0, 0, 0, 0, 0, 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Allocation held(PodRef pod, String address, int device, int table, String veth) {
    return new Allocation(
        IpAddress.parse(address),
        Optional.of(pod),
        pod.name() + "-sandbox",
        "eth0",
        OptionalInt.of(device),
        OptionalInt.of(table),
        veth,
        THEN,
        Optional.empty(),
        AllocationEvidence.of(
            new Citation(Citation.Source.IPAMD, "ipamd.log", 0, "AddNetwork " + address), THEN));
  }

  static FlowKey tcp(String source, int sourcePort, String destination, int destinationPort) {
    return new FlowKey(
        Protocol.TCP,
        IpAddress.parse(source),
        sourcePort,
        IpAddress.parse(destination),
        destinationPort);
  }

  /** A request out of a pod. */
  PredictedLeg from(PodRef pod, FlowKey packet) {
    return request(new LegQuery.FromPod(pod), packet);
  }

  PredictedLeg request(LegQuery.Entry entry, FlowKey packet) {
    return LegPredictor.predict(
        view(), new LegQuery(Direction.REQUEST, packet, entry, Optional.empty(), 0));
  }

  PredictedLeg reply(LegQuery.Entry entry, FlowKey packet, Tracked tracked) {
    return LegPredictor.predict(
        view(), new LegQuery(Direction.REPLY, packet, entry, Optional.of(tracked), 0));
  }
}
