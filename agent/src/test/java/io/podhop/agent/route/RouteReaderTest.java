package io.podhop.agent.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.InterfaceNames;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.MalformedNetlinkException;
import io.podhop.agent.linux.NetlinkMessage;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.linux.RtNetlink;
import io.podhop.agent.linux.RtTable;
import io.podhop.agent.linux.Sysctls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What iproute2 says of the same namespace is the oracle. */
class RouteReaderTest {
  private static CniNode node;
  private static RouteSnapshot snapshot;

  @BeforeAll
  static void setUp() throws IOException {
    node = new CniNode();
    node.wire();
    node.wireOddly();
    node.batch(
        "rule add prio 11 from 10.0.0.0/8 tos 0x10 ipproto tcp sport 5-9 dport 7 uidrange 0-5"
            + " lookup 3 suppress_prefixlength 0",
        "rule add prio 15 from 10.2.0.0/16 unreachable",
        "rule add prio 16 from 10.3.0.0/16 prohibit",
        "rule add prio 17 from 10.4.0.0/16 lookup 4000000000",
        "route add 10.96.0.0/16 table 10101 metric 3"
            + " nexthop via 192.168.0.2 dev eth0 weight 1 nexthop via 192.168.0.3 dev eth0 weight 1",
        "route add 10.94.0.0/16 via 10.200.0.1 dev eth0 onlink proto bird scope global");
    node.batchOfIpv6("rule add prio 10 from fe80:ec2::1 ipproto ipv6-icmp lookup local");
    snapshot = node.read();
  }

  @AfterAll
  static void tearDown() throws IOException {
    node.close();
  }

  @Test
  void rules_bothFamilies_asIpruleHasThem() throws IOException {
    for (IpFamily family : IpFamily.values()) {
      assertThat(
              snapshot.rules().stream()
                  .filter(rule -> rule.family() == family)
                  .map(rule -> rule.priority() + ":\t" + rule.text()))
          .containsExactlyElementsOf(lines(node.ip(option(family), "rule")));
    }
  }

  @Test
  void routes_allTablesOfBothFamilies_asIprouteHasThem() throws IOException {
    for (IpFamily family : IpFamily.values()) {
      List<Route> routes =
          snapshot.routes().stream().filter(route -> route.family() == family).toList();
      List<String> expected = new ArrayList<>();
      for (String table : tablesOf(routes)) {
        lines(node.ip("-o", option(family), "route", "show", "table", table))
            .forEach(line -> expected.add(table + " " + line));
      }
      assertThat(routes)
          .extracting(route -> Integer.toUnsignedString(route.table()) + " " + route.text())
          .containsExactlyInAnyOrderElementsOf(expected);
      int all = lines(node.ip("-o", option(family), "route", "show", "table", "all")).size();
      assertThat(routes).hasSize(all);
    }
  }

  @Test
  void links_all_asIpLinkHasThem() throws IOException {
    List<String> expected = new ArrayList<>();
    for (JsonNode link : json(node.ip("-j", "-d", "link"))) {
      expected.add(
          String.join(
              " ",
              link.get("ifindex").asString(),
              link.get("ifname").asString(),
              link.get("address").asString(),
              link.get("mtu").asString(),
              link.path("linkinfo").path("info_kind").asString(""),
              link.path("link").asString("-")));
    }

    assertThat(snapshot.links())
        .extracting(
            l ->
                String.join(
                    " ",
                    Integer.toString(l.ifindex()),
                    l.name(),
                    l.mac(),
                    Integer.toString(l.mtuBytes()),
                    l.kind(),
                    snapshot.link(l.peerIfindex()).map(Link::name).orElse("-")))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void addresses_all_asIpAddressHasThem() throws IOException {
    List<String> expected = new ArrayList<>();
    for (JsonNode link : json(node.ip("-j", "addr"))) {
      for (JsonNode address : link.get("addr_info")) {
        expected.add(
            String.join(
                " ",
                address.get("family").asString(),
                address.get("local").asString() + "/" + address.get("prefixlen").asString(),
                "scope",
                address.get("scope").asString(),
                link.get("ifname").asString()));
      }
    }

    assertThat(snapshot.addresses())
        .extracting(InterfaceAddress::text)
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void neighbours_all_asIpNeighHasThem() throws IOException {
    assertThat(snapshot.neighbours())
        .extracting(Neighbour::text)
        .contains("192.168.0.1 dev eth0 lladdr 02:00:00:00:00:01 PERMANENT")
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(
                    lines(node.ip("-4", "neigh", "show", "nud", "all")).stream(),
                    lines(node.ip("-6", "neigh", "show", "nud", "all")).stream())
                .toList());
  }

  @Test
  void read_ownNamespace_hasLoopback() throws IOException {
    RouteSnapshot own = new RouteReader(new LinuxCounters()).read();

    assertThat(own.link("lo")).isPresent();
    assertThat(own.rules()).isNotEmpty();
    assertThat(own.table(RtNames.TABLE_MAIN)).isNotNull();
  }

  @Test
  void readWithSysctls_ofTheNode_asSysctlPrintsThem() throws IOException {
    node.sysctl("-qw", "net.ipv4.conf.eth1.rp_filter=2", "net.ipv6.conf.eth0.accept_ra=0");

    Map<String, String> read = node.readWithSysctls().sysctls().values();

    assertThat(read)
        .containsEntry("net.ipv4.conf.eth1.rp_filter", "2")
        .containsEntry("net.ipv6.conf.eth0.accept_ra", "0");
    assertThat(Sysctls.parse(node.sysctl("-a", "-e")).values()).containsAllEntriesOf(read);
  }

  @Test
  void parsers_mutatedMessages_typedErrorOrValue() throws IOException {
    InterfaceNames names = new InterfaceNames(snapshot.links());
    Random random = new Random(20261123);
    int refused = 0;
    for (IpFamily family : IpFamily.values()) {
      for (RtTable table : List.of(RtTable.RULES, RtTable.ROUTES, RtTable.NEIGHBOURS)) {
        for (NetlinkMessage message : dump(table, family)) {
          for (int i = 0; i < 300; i++) {
            refused += parse(mutated(message, random), table, family, names);
          }
        }
      }
    }
    assertThat(refused).isPositive();
  }

  private static List<String> tablesOf(List<Route> routes) {
    return routes.stream()
        .map(route -> Integer.toUnsignedString(route.table()))
        .distinct()
        .toList();
  }

  private static List<NetlinkMessage> dump(RtTable table, IpFamily family) throws IOException {
    try (RtNetlink netlink = node.open()) {
      return netlink.dump(table, family);
    }
  }

  /** 1 when the message was refused with the error that is meant for it. */
  private static int parse(
      NetlinkMessage message, RtTable table, IpFamily family, InterfaceNames names) {
    try {
      switch (table) {
        case RULES -> RuleParser.parse(message, family).ifPresent(PolicyRule::text);
        case ROUTES -> RouteParser.parse(message, names).ifPresent(Route::text);
        default -> NeighbourParser.parse(message, names).ifPresent(Neighbour::text);
      }
      return 0;
    } catch (MalformedNetlinkException e) {
      return 1;
    }
  }

  private static NetlinkMessage mutated(NetlinkMessage message, Random random) {
    byte[] bytes = new byte[message.payload().limit()];
    message.payload().get(0, bytes);
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    int length = random.nextInt(4) == 0 ? random.nextInt(bytes.length + 1) : bytes.length;
    ByteBuffer payload = ByteBuffer.wrap(bytes, 0, length).slice().order(ByteOrder.nativeOrder());
    return new NetlinkMessage(message.type(), message.flags(), message.sequence(), payload);
  }

  private static String option(IpFamily family) {
    return family == IpFamily.IPV4 ? "-4" : "-6";
  }

  /** Without what podhop does not model: IPv6 router preference, and weights that are all one. */
  private static List<String> lines(String output) {
    return output
        .lines()
        .map(
            line ->
                line.replace(" pref medium", "")
                    .replace(" linkdown", "")
                    .replace(" weight 1", "")
                    .replace("\\", " ")
                    .replaceAll("\\s*\t\\s*nexthop", " nexthop")
                    .replaceAll(" +", " ")
                    .strip())
        .toList();
  }

  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }
}
