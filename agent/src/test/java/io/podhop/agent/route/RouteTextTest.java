package io.podhop.agent.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What rtnetlink says of a namespace is the oracle for what iproute2 prints of it. */
class RouteTextTest {
  private static CniNode node;
  private static RouteSnapshot snapshot;

  @BeforeAll
  static void setUp() throws IOException {
    node = new CniNode();
    node.wire();
    node.wireOddly();
    node.batch(
        "link add mac0 link eth0 type macvlan",
        "link add ifb7 group 5 type ifb",
        "addr add 10.7.0.1 peer 10.7.0.2/32 dev ifb7",
        "nexthop add id 12 via 192.168.0.1 dev eth0",
        "route add 10.90.0.0/16 nhid 12",
        "route add 10.91.0.0/16 tos 0x10 via 192.168.0.1 dev eth0 mtu 1400",
        "route add 10.92.0.0/16 dev eth0 scope link mtu lock 1300 advmss 1200 table 77",
        "route add 10.94.0.0/16 via 10.200.0.1 dev eth0 onlink proto bird",
        "route add 10.96.0.0/16 table 10101 metric 3"
            + " nexthop via 192.168.0.2 dev eth0 weight 1 nexthop via 192.168.0.3 dev eth0 weight 4",
        "rule add prio 9 from 10.0.0.0/8 tos 0x10 fwmark 0x4/0xc iif eth0 ipproto tcp sport 5-9"
            + " dport 7 uidrange 0-5 tun_id 9 lookup 3 suppress_prefixlength 0",
        "rule add prio 10 iif gone lookup 4000000000 suppress_ifgroup 5",
        "rule add prio 15 l3mdev");
    node.batchOfIpv6(
        "rule add prio 10 from fe80:ec2::1 ipproto ipv6-icmp lookup local",
        "route add fd00:5::/64 via fe80::9 dev eth0 mtu 1280 metric 5",
        "route add unreachable fd00:6::/64");
    snapshot = node.read();
  }

  @AfterAll
  static void tearDown() throws IOException {
    node.close();
  }

  @Test
  void rules_ofTheKernel_asRtnetlinkHasThem() throws IOException {
    for (IpFamily family : IpFamily.values()) {
      RouteText.Parsed<PolicyRule> parsed =
          RouteText.rules(node.ip(option(family), "rule"), family);

      assertThat(parsed.unread()).isEmpty();
      assertThat(parsed.values())
          .containsExactlyElementsOf(
              snapshot.rules().stream().filter(rule -> rule.family() == family).toList());
    }
  }

  @Test
  void routes_ofTheKernel_asRtnetlinkHasThem() throws IOException {
    RouteText.Parsed<Route> parsed =
        routes(node.ip("route", "show", "table", "all"), RtNames.TABLE_MAIN);

    assertThat(parsed.unread()).isEmpty();
    assertThat(parsed.values()).containsExactlyInAnyOrderElementsOf(snapshot.routes());
    assertThat(parsed.values()).hasSizeGreaterThan(40);
    assertThat(routes(node.ip("-d", "route", "show", "table", "2"), 2).values())
        .containsExactlyElementsOf(
            snapshot.table(2).stream().filter(r -> r.family() == IpFamily.IPV4).toList());
  }

  @Test
  void links_ofTheKernel_asRtnetlinkHasThem() throws IOException {
    RouteText.Parsed<Link> parsed = RouteText.links(node.ip("-d", "link"));

    assertThat(parsed.unread()).isEmpty();
    assertThat(parsed.values()).containsExactlyInAnyOrderElementsOf(snapshot.links());
  }

  @Test
  void addresses_ofTheKernel_asRtnetlinkHasThem() throws IOException {
    RouteText.Parsed<?> parsed = RouteText.addresses(node.ip("addr"));

    assertThat(parsed.unread()).isEmpty();
    assertThat(parsed.values().toArray())
        .containsExactlyInAnyOrderElementsOf(List.copyOf(snapshot.addresses()));
  }

  @Test
  void neighbours_ofTheKernel_asRtnetlinkHasThem() throws IOException {
    List<String> unread = new ArrayList<>();
    List<Neighbour> read = new ArrayList<>();
    for (List<String> options : List.of(List.of("-4", "-s"), List.of("-j", "-6"))) {
      RouteText.Parsed<Neighbour> parsed =
          RouteText.neighbours(
              node.ip(options.getFirst(), options.getLast(), "neigh", "show", "nud", "all"),
              snapshot.links());
      unread.addAll(parsed.unread());
      read.addAll(parsed.values());
    }
    assertThat(unread).isEmpty();
    assertThat(read).containsExactlyInAnyOrderElementsOf(snapshot.neighbours()).isNotEmpty();
  }

  @Test
  void text_ofRecords_readBackIsTheSame() {
    for (Route route : snapshot.routes()) {
      RouteText.Parsed<Route> parsed =
          RouteText.routes(route.text(), route.table(), route.family(), snapshot.links());
      assertThat(parsed.values()).as(route.text()).containsExactly(route);
    }
    for (PolicyRule rule : snapshot.rules()) {
      String line = Integer.toUnsignedString(rule.priority()) + ":\t" + rule.text();
      assertThat(RouteText.rules(line, rule.family()).values()).as(line).containsExactly(rule);
    }
  }

  @Test
  void routes_promptsAndRubbish_tablesFollowAndRubbishIsHandedBack() {
    RouteText.Parsed<Route> parsed =
        RouteText.routes(
            """
            [root@worker-1 ~]# ip r s table 4
            default via 10.2.0.1 dev eth3
            Error: ipv4: FIB table does not exist.
            \u001b[35m10.2.0.1\u001b[0m dev eth3 scope link
            $ ip route show table main
            10.9.0.0/16
            \tnexthop via 10.2.0.7 dev eth0 weight 1
            \tnexthop via 10.2.0.8 dev eth0 weight 1 onlink
            10.8.0.0/16 from 10.1.0.0/16 dev eth0
            10.8.0.0/33 dev eth0
            10.8.0.1 dev eth0 table unheard
            10.8.0.2 dev eth0 proto unheard metric
            """);

    assertThat(parsed.values())
        .extracting(route -> route.place() + " " + route.text())
        .containsExactly(
            "table 4 default via 10.2.0.1 dev eth3",
            "table 4 10.2.0.1 dev eth3 scope link",
            "table main 10.9.0.0/16 nexthop via 10.2.0.7 dev eth0"
                + " nexthop via 10.2.0.8 dev eth0 onlink");
    assertThat(parsed.unread()).hasSize(5);
  }

  @Test
  void links_vlanAndOtherNamespaces_tagAndWhereTheOtherEndIs() {
    RouteText.Parsed<Link> parsed =
        RouteText.links(
            """
            4: ens6: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP group default
                link/ether 02:00:00:00:00:06 brd ff:ff:ff:ff:ff:ff
                altname enp0s6
            8: vlan.eth.3@ens6: <BROADCAST,MULTICAST,UP> mtu 9001 qdisc noqueue state UP group vpc
                link/ether 02:00:00:00:00:08 brd ff:ff:ff:ff:ff:ff promiscuity 0
                vlan protocol 802.1Q id 3 <REORDER_HDR> addrgenmode eui64
            9: vlan0123456789a@if3: <BROADCAST> mtu 9001 qdisc noqueue state DOWN group default
                link/ether 02:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff link-netns cni-0123
                gibberish
            """);

    assertThat(parsed.values())
        .containsExactly(
            new Link(4, "ens6", "02:00:00:00:00:06", 9001, true, 0, -1, "", 0, true, 0),
            new Link(8, "vlan.eth.3", "02:00:00:00:00:08", 9001, true, 4, -1, "vlan", 3, false, -1),
            new Link(
                9,
                "vlan0123456789a",
                "02:00:00:00:00:09",
                9001,
                false,
                3,
                Link.NETNS_UNNUMBERED,
                "",
                0,
                false,
                0));
    assertThat(parsed.unread()).hasSize(1);
  }

  @Test
  void rules_withoutPriorityAndRubbish_priorityUnknownAndHandedBack() {
    RouteText.Parsed<PolicyRule> parsed =
        RouteText.rules(
            """
            from all to 10.1.2.3 lookup main
            10:\tfrom all iif vlan0123456789a [detached] lookup 105
            11:\tfrom all
            12:\tfrom all lookup nowhere
            13:\tfrom fd00::/8 lookup 5
            14:\tfrom all fwmark 0x1ffffffff lookup 5
            99999999999:\tfrom all lookup 5
            usage: ip rule
            """);

    assertThat(parsed.values())
        .extracting(PolicyRule::priority)
        .containsExactly(PolicyRule.PRIORITY_UNKNOWN, 10);
    assertThat(parsed.values().getLast().detached().in()).isTrue();
    assertThat(parsed.unread()).hasSize(6);
  }

  @Test
  void neighbours_arpTableAndRubbish_onlyEntriesRead() {
    RouteText.Parsed<Neighbour> parsed =
        RouteText.neighbours(
            """
            Address                  HWtype  HWaddress           Flags Mask            Iface
            169.254.1.1              ether   02:00:00:00:00:07   CM                    eth0
            10.1.0.9                 ether   02:00:00:00:00:08   C                     eth0
            10.1.0.8                         (incomplete)                              eth0
            10.1.0.6 dev eth0 FAILED
            10.1.0.5 dev eth0 proxy
            nonsense
            """);

    assertThat(parsed.values())
        .extracting(Neighbour::state)
        .containsExactly("PERMANENT", Neighbour.RESOLVED, "INCOMPLETE", "FAILED");
    assertThat(parsed.unread()).hasSize(2);
    assertThat(RouteText.neighbours("[{\"dst\":7},").unread()).hasSize(1);
  }

  @Test
  void parsers_cutAndMixedLines_readOrHandedBack() throws IOException {
    Random random = new Random(20261125);
    List<String> lines = new ArrayList<>();
    for (String what : List.of("rule", "addr", "neigh")) {
      lines.addAll(node.ip(what).lines().toList());
    }
    lines.addAll(node.ip("route", "show", "table", "all").lines().toList());
    for (int i = 0; i < 3000; i++) {
      String line = lines.get(random.nextInt(lines.size()));
      String other = lines.get(random.nextInt(lines.size()));
      String mixed =
          line.substring(random.nextInt(line.length() + 1))
              + other.substring(0, random.nextInt(other.length() + 1));
      int blank = mixed.isBlank() ? 0 : 1;
      RouteText.Parsed<PolicyRule> rules = RouteText.rules(mixed);
      assertThat(rules.values().size() + rules.unread().size()).isLessThanOrEqualTo(blank);
      RouteText.Parsed<Route> routes = RouteText.routes(mixed);
      assertThat(routes.values().size() + routes.unread().size()).isLessThanOrEqualTo(blank);
      RouteText.links(mixed);
      RouteText.neighbours(mixed);
    }
  }

  @Test
  void rules_randomRecords_textReadBackIsTheSame() {
    Random random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      PolicyRule rule = randomRule(random);
      String line = Integer.toUnsignedString(rule.priority()) + ":\t" + rule.text();
      assertThat(RouteText.rules(line).values()).as(line).containsExactly(rule);
    }
  }

  private static PolicyRule randomRule(Random random) {
    int mask = random.nextBoolean() ? 0 : random.nextInt(1, 256);
    boolean detached = random.nextBoolean();
    String in = random.nextBoolean() ? "" : "eni" + random.nextInt(9);
    List<String> selectors =
        List.of("tos 0x10", "uidrange 1-2", "ipproto udp", "sport 7", "dport 8-9").stream()
            .filter(_ -> random.nextInt(4) == 0)
            .toList();
    return new PolicyRule(
        IpFamily.IPV4,
        random.nextInt(),
        random.nextInt(4) == 0,
        random.nextBoolean() ? Optional.empty() : Optional.of(randomRange(random)),
        random.nextBoolean() ? Optional.empty() : Optional.of(randomRange(random)),
        mask == 0 ? 0 : random.nextInt(256),
        mask,
        in,
        "",
        RuleAction.LOOKUP,
        random.nextInt(),
        0,
        random.nextInt(-1, 32),
        selectors,
        new PolicyRule.Detached(!in.isEmpty() && detached, false, false));
  }

  private static Cidr randomRange(Random random) {
    return new Cidr(IpAddress.ofIpv4(random.nextInt()), random.nextInt(1, 33));
  }

  private static RouteText.Parsed<Route> routes(String text, int table) {
    return RouteText.routes(text, table, IpFamily.IPV4, snapshot.links());
  }

  private static String option(IpFamily family) {
    return family == IpFamily.IPV4 ? "-4" : "-6";
  }
}
