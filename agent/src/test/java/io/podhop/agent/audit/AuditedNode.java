package io.podhop.agent.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.IntrospectionSnapshot;
import io.podhop.agent.ipam.IpamCounters;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.ipam.PoolHistory;
import io.podhop.agent.ipam.VethNames;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.Sysctls;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.NativeTableParser;
import io.podhop.agent.nat.RuleSetParser;
import io.podhop.agent.nat.Ruleset;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.agent.route.RouteText;
import io.podhop.model.AuditReport;
import io.podhop.model.Cidr;
import io.podhop.model.EniInfo;
import io.podhop.model.Finding;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A made-up healthy node as text that tests change: VPC 10.1.0.0/16, two ENIs with two pods each,
 * the rules of release 1.21.
 */
final class AuditedNode {
  static final PodRef WEB = new PodRef("shop", "web-0");
  static final PodRef CART = new PodRef("shop", "cart-0");
  static final PodRef API = new PodRef("shop", "api-0");
  static final PodRef PAY = new PodRef("shop", "pay-0");
  static final String API_ADDRESS = "10.1.1.21";

  private static final Map<PodRef, String> ADDRESSES =
      Map.of(WEB, "10.1.1.11", CART, "10.1.1.12", API, API_ADDRESS, PAY, "10.1.1.22");
  private static final List<PodRef> PODS = List.of(WEB, CART, API, PAY);

  final List<String> rules =
      lines(
          """
          0: from all lookup local
          512: from all to 10.1.1.11 lookup main
          512: from all to 10.1.1.12 lookup main
          512: from all to 10.1.1.21 lookup main
          512: from all to 10.1.1.22 lookup main
          1024: from all fwmark 0x80/0x80 lookup main
          1536: from 10.1.1.21 lookup 2
          1536: from 10.1.1.22 lookup 2
          32765: from 10.1.0.20 lookup 2
          32766: from all lookup main
          32767: from all lookup default
          """);
  final List<String> routes = new ArrayList<>();
  final List<String> nat =
      lines(
          """
          *nat
          :PREROUTING ACCEPT [0:0]
          :POSTROUTING ACCEPT [0:0]
          :AWS-CONNMARK-CHAIN-0 - [0:0]
          :AWS-SNAT-CHAIN-0 - [0:0]
          -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
          -A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -j AWS-CONNMARK-CHAIN-0
          -A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
          -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
          -A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
          -A AWS-CONNMARK-CHAIN-0 -d 10.1.0.0/16 -m comment --comment "AWS CONNMARK CHAIN, VPC CIDR" -j RETURN
          -A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark 0x80/0x80
          -A AWS-SNAT-CHAIN-0 -d 10.1.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
          -A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.1.0.10 --random-fully
          -A KUBE-SERVICES -d 172.20.0.7/32 -p tcp -m comment --comment "shop/db:pg cluster IP" -m tcp --dport 5432 -j KUBE-SVC-AAAA
          COMMIT
          *mangle
          :PREROUTING ACCEPT [0:0]
          -A PREROUTING -i eth0 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80
          -A PREROUTING -i eni+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
          -A PREROUTING -i vlan+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
          COMMIT
          *filter
          :FORWARD ACCEPT [0:0]
          -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
          -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
          -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
          COMMIT
          """);
  final List<String> neighbours = lines("10.1.0.1 dev eth1 lladdr 02:00:00:00:00:01 REACHABLE");
  final Map<String, String> sysctls =
      new HashMap<>(
          Map.of(
              "net.ipv4.ip_forward", "1",
              "net.ipv4.conf.all.rp_filter", "0",
              "net.ipv4.conf.eth0.rp_filter", "2",
              "net.netfilter.nf_conntrack_count", "120",
              "net.netfilter.nf_conntrack_max", "131072",
              "net.ipv4.neigh.default.gc_thresh3", "16384"));
  final Map<String, Link> links = new HashMap<>();
  final Map<PodRef, List<String>> insideRoutes = new HashMap<>();
  final Map<PodRef, String> insideMacs = new HashMap<>();
  final Map<PodRef, Integer> insideMtus = new HashMap<>();
  String nativeTable = "";
  Backend backend = Backend.NFT;
  boolean withIntrospection = true;
  boolean withInsides = true;
  String enis =
      "{\"0\":{\"ENIs\":{"
          + eni("eni-0a", true, 0, 254, "10.1.1.11", "10.1.1.12", "10.1.1.13")
          + ","
          + eni("eni-0b", false, 1, 2, "10.1.1.21", "10.1.1.22", "10.1.1.23")
          + "}}}";

  AuditedNode() {
    routes.addAll(
        lines(
            """
            default via 10.1.0.1 dev eth0 proto dhcp src 10.1.0.10 metric 512
            10.1.0.0/19 dev eth0 proto kernel scope link src 10.1.0.10 metric 512
            default via 10.1.0.1 dev eth1 table 2
            10.1.0.1 dev eth1 table 2 scope link
            """));
    links.put("eth0", link(2, "eth0", "02:00:00:00:00:0a"));
    links.put("eth1", link(3, "eth1", "02:00:00:00:00:0b"));
    for (PodRef pod : PODS) {
      int ifindex = 4 + PODS.indexOf(pod);
      routes.add(ADDRESSES.get(pod) + " dev " + veth(pod) + " scope link");
      links.put(veth(pod), link(ifindex, veth(pod), "02:00:00:00:01:0" + ifindex));
      insideRoutes.put(
          pod, lines("default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link"));
      insideMacs.put(pod, "02:00:00:00:01:0" + ifindex);
      insideMtus.put(pod, 9001);
    }
  }

  static String veth(PodRef pod) {
    return VethNames.hostVeth("eni", pod);
  }

  static List<String> lines(String text) {
    return new ArrayList<>(text.lines().map(String::strip).toList());
  }

  static Link link(int ifindex, String name, String mac) {
    return new Link(ifindex, name, mac, 9001, true, 0, -1, "", 0, true, 0);
  }

  static Link changed(Link link, int mtu, boolean up) {
    return new Link(link.ifindex(), link.name(), link.mac(), mtu, up, 0, -1, "", 0, up, 0);
  }

  private static String eni(
      String id, boolean primary, int device, int table, String... addresses) {
    StringBuilder cidrs = new StringBuilder();
    for (String address : addresses) {
      cidrs
          .append(cidrs.isEmpty() ? "" : ",")
          .append(
              "\"%s/32\":{\"Cidr\":{\"IP\":\"%s\",\"Mask\":\"/////w==\"}"
                  .formatted(address, address))
          .append(",\"IPAddresses\":{},\"IsPrefix\":false}");
    }
    return "\"%s\":{\"ID\":\"%s\",\"IsPrimary\":%s,\"IsTrunk\":false,\"IsEFA\":false,"
            .formatted(id, id, primary)
        + "\"DeviceNumber\":%d,\"RouteTableID\":%d,\"AvailableIPv4Cidrs\":{%s},\"IPv6Cidrs\":{}}"
            .formatted(device, table, cidrs);
  }

  IpamSnapshot ipam() {
    return ipam(withIntrospection ? enis : "");
  }

  static IpamSnapshot ipam(String enis) {
    try {
      return new IpamSnapshot(
          Map.of(),
          List.of(),
          Map.of(),
          PoolHistory.EMPTY,
          List.of(),
          enis.isEmpty()
              ? IntrospectionSnapshot.EMPTY
              : IntrospectionSnapshot.of(enis, Instant.EPOCH),
          Optional.empty(),
          List.of(),
          new IpamCounters(0, 0, 0, 0, 0, 0, 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  NatSnapshot natSnapshot() {
    Ruleset rules = RuleSetParser.parse(backend, String.join("\n", nat));
    assertThat(rules.unparsed()).isEmpty();
    return NatSnapshot.of(rules).withNative(NativeTableParser.parse(nativeTable));
  }

  RouteSnapshot routing() {
    return snapshot(
            new ArrayList<>(links.values()),
            List.of(own(2, "eth0", "10.1.0.10", 19), own(3, "eth1", "10.1.0.20", 19)),
            rules,
            routes,
            neighbours)
        .with(new Sysctls(sysctls));
  }

  static InterfaceAddress own(int ifindex, String name, String address, int length) {
    return new InterfaceAddress(ifindex, name, IpAddress.parse(address), length, 0);
  }

  /** Fails on a line that is not understood. */
  static RouteSnapshot snapshot(
      List<Link> links,
      List<InterfaceAddress> addresses,
      List<String> rules,
      List<String> routes,
      List<String> neighbours) {
    var readRules = RouteText.rules(String.join("\n", rules));
    var readRoutes = RouteText.routes(String.join("\n", routes), 254, IpFamily.IPV4, links);
    var readNeighbours = RouteText.neighbours(String.join("\n", neighbours), links);
    assertThat(
            Stream.of(readRules.unread(), readRoutes.unread(), readNeighbours.unread())
                .flatMap(List::stream))
        .isEmpty();
    return new RouteSnapshot(
        links, addresses, readRules.values(), readRoutes.values(), readNeighbours.values(), 0);
  }

  private Map<PodRef, RouteSnapshot> insides() {
    Map<PodRef, RouteSnapshot> insides = new HashMap<>();
    for (PodRef pod : withInsides ? PODS : List.<PodRef>of()) {
      Link eth0 = changed(link(3, "eth0", "02:00:00:00:02:02"), insideMtus.get(pod), true);
      insides.put(
          pod,
          snapshot(
              List.of(eth0),
              List.of(own(3, "eth0", ADDRESSES.get(pod), 32)),
              List.of("0: from all lookup local", "32766: from all lookup main"),
              insideRoutes.get(pod),
              List.of("169.254.1.1 dev eth0 lladdr " + insideMacs.get(pod) + " PERMANENT")));
    }
    return insides;
  }

  NodeView view() {
    List<PodInfo> pods = new ArrayList<>();
    for (PodRef pod : PODS) {
      boolean second = pod.equals(API) || pod.equals(PAY);
      pods.add(
          new PodInfo(
              pod,
              "",
              "",
              List.of(IpAddress.parse(ADDRESSES.get(pod))),
              7,
              42,
              veth(pod),
              4 + PODS.indexOf(pod),
              second ? "eth1" : "eth0",
              second ? 2 : 254));
    }
    List<EniInfo> enis =
        List.of(
            new EniInfo("", "eth0", 2, List.of(IpAddress.parse("10.1.0.10")), 254),
            new EniInfo("", "eth1", 3, List.of(IpAddress.parse("10.1.0.20")), 2));
    NodeInventory inventory =
        new NodeInventory(
            "node-a",
            IpAddress.parse("10.1.0.10"),
            List.of(Cidr.parse("10.1.0.0/16")),
            enis,
            pods,
            List.of(),
            List.of());
    return new NodeView(inventory, ipam(), routing(), natSnapshot()).with(insides());
  }

  AuditReport audit() {
    return Audit.of(view());
  }

  /** {@code error missing-rule-512 shop/web-0}, one for each finding. */
  static List<String> heads(AuditReport report) {
    return report.findings().stream()
        .map(f -> f.severity() + " " + f.id() + " " + f.subject())
        .toList();
  }

  List<String> heads() {
    return heads(audit());
  }

  static List<String> ids(AuditReport report) {
    return report.findings().stream().map(Finding::id).distinct().toList();
  }

  /** Takes out the one line that has this text. */
  static void remove(List<String> lines, String part) {
    List<String> found = lines.stream().filter(line -> line.contains(part)).toList();
    assertThat(found).as(part).hasSize(1);
    lines.remove(found.getFirst());
  }

  /** Changes the one line that has this text. */
  static void change(List<String> lines, String part, String to) {
    List<String> found = lines.stream().filter(line -> line.contains(part)).toList();
    assertThat(found).as(part).hasSize(1);
    lines.set(lines.indexOf(found.getFirst()), found.getFirst().replace(part, to));
  }
}
