package io.podhop.agent.route;

import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;

/** Rules, routes and packets of one family over a small address range, so that they meet. */
final class RandomPolicy {
  private static final List<String> INTERFACES = List.of("eni11", "eni12", "eni21", "eth0", "eth1");

  private final Random random;
  private final boolean ipv4;

  RandomPolicy(Random random, boolean ipv4) {
    this.random = random;
    this.ipv4 = ipv4;
  }

  /** For {@code ip -batch}; the kernel refuses some of them. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      lines.add(route());
    }
    for (int i = 0; i < 30; i++) {
      lines.add(rule());
    }
    return lines;
  }

  /** Parameters of the reverse path filter and of forwarding. */
  List<String> sysctls() {
    List<String> settings = new ArrayList<>();
    for (String name : INTERFACES) {
      settings.add(setting(name, "rp_filter", random.nextInt(3)));
      settings.add(setting(name, "accept_local", random.nextInt(2)));
      settings.add(setting(name, "src_valid_mark", random.nextInt(2)));
      settings.add(setting(name, "route_localnet", random.nextInt(2)));
      settings.add(setting(name, "forwarding", random.nextInt(8) == 0 ? 0 : 1));
    }
    settings.add(setting("all", "rp_filter", random.nextInt(4) == 0 ? 1 : 0));
    return settings;
  }

  private static String setting(String name, String parameter, int value) {
    return "net.ipv4.conf." + name + "." + parameter + "=" + value;
  }

  RouteQuery packet() {
    boolean own = random.nextInt(5) == 0;
    return new RouteQuery(
        IpAddress.parse(own ? ownAddress() : source()),
        IpAddress.parse(destination()),
        random.nextBoolean() ? 0 : random.nextInt(8),
        own ? "" : pick(INTERFACES),
        new RouteQuery.Transport(
            OptionalInt.of(random.nextBoolean() ? 6 : 17),
            OptionalInt.of(1 + random.nextInt(6)),
            OptionalInt.of(1 + random.nextInt(6)),
            OptionalInt.of(random.nextInt(3) == 0 ? 0x10 : 0),
            OptionalInt.of(0)));
  }

  /** The packet as a question to the kernel. */
  static String question(RouteQuery packet) {
    RouteQuery.Transport transport = packet.transport();
    return "route get fibmatch "
        + packet.destination()
        + " from "
        + packet.source()
        + (packet.isOwn() ? "" : " iif " + packet.inInterface())
        // What is forwarded counts as root's; of IPv6 this question would make it nobody's.
        + " uid 0 mark "
        + packet.fwmark()
        + " tos 0x"
        + Integer.toHexString(transport.tos().getAsInt())
        + " ipproto "
        + (transport.protocol().getAsInt() == 6 ? "tcp" : "udp")
        + " sport "
        + transport.sourcePort().getAsInt()
        + " dport "
        + transport.destinationPort().getAsInt();
  }

  private String ownAddress() {
    return pick(ipv4 ? List.of("192.168.0.10", "192.168.0.20") : List.of("fd00::10", "fd00::20"));
  }

  private String destination() {
    return switch (random.nextInt(10)) {
      case 0 -> ownAddress();
      case 1 -> ipv4 ? "203.0.113.9" : "2001:db8::9";
      default -> address();
    };
  }

  private String source() {
    return switch (random.nextInt(12)) {
      case 0 -> ownAddress();
      case 1 -> ipv4 ? "192.168.31.255" : "fd00::77";
      case 2 -> ipv4 ? pick(List.of("127.0.0.9", "224.1.2.3", "0.1.2.3", "0.0.0.0")) : "fd00::78";
      default -> address();
    };
  }

  private String address() {
    return ipv4
        ? "10." + random.nextInt(3) + "." + random.nextInt(3) + "." + (1 + random.nextInt(3))
        : "fd0a:" + random.nextInt(3) + ":" + random.nextInt(3) + "::" + (1 + random.nextInt(3));
  }

  private String range() {
    return switch (random.nextInt(4)) {
      case 0 ->
          ipv4 ? "10." + random.nextInt(3) + ".0.0/16" : "fd0a:" + random.nextInt(3) + "::/32";
      case 1 -> subnet();
      case 2 -> ipv4 ? "10.0.0.0/8" : "fd0a::/16";
      default -> address() + (ipv4 ? "/32" : "/128");
    };
  }

  private String subnet() {
    return ipv4
        ? "10." + random.nextInt(3) + "." + random.nextInt(3) + ".0/24"
        : "fd0a:" + random.nextInt(3) + ":" + random.nextInt(3) + "::/48";
  }

  private String route() {
    String to = random.nextInt(60) == 0 ? "default" : range();
    String tos = ipv4 && random.nextInt(8) == 0 ? " tos 0x10" : "";
    String where =
        tos + " table " + pick(List.of("2", "3", "254")) + " metric " + (1 + random.nextInt(3));
    String gateway = ipv4 ? "192.168.0.1" : "fd00::1";
    return switch (random.nextInt(10)) {
      case 0 -> "route add blackhole " + to + where;
      case 1 -> "route add unreachable " + to + where;
      case 2 -> "route add prohibit " + to + where;
      case 3 -> "route add throw " + to + where;
      case 4, 5 -> "route add " + to + " via " + gateway + " dev eth0" + where;
      case 6 -> "route add " + to + " dev eni11" + where;
      case 7 -> "route add local " + to + " dev lo" + where;
      default -> "route add " + to + " dev " + pick(INTERFACES) + where;
    };
  }

  private String rule() {
    StringBuilder rule = new StringBuilder("rule add prio " + (100 + random.nextInt(2000)));
    rule.append(random.nextInt(6) == 0 ? " not" : "");
    rule.append(" from ").append(random.nextBoolean() ? "all" : range());
    rule.append(random.nextBoolean() ? "" : " to " + range());
    if (random.nextInt(3) == 0) {
      rule.append(" fwmark 0x").append(Integer.toHexString(random.nextInt(8)));
      rule.append(random.nextBoolean() ? "" : "/0x" + Integer.toHexString(random.nextInt(8)));
    }
    rule.append(maybe(4, " iif " + anyInterface()));
    rule.append(maybe(10, " oif eth0"));
    rule.append(maybe(8, " tos 0x10"));
    rule.append(maybe(6, " ipproto " + pick(List.of("tcp", "udp", "icmp"))));
    rule.append(maybe(8, " sport " + (1 + random.nextInt(3)) + "-4"));
    rule.append(maybe(8, " dport " + (1 + random.nextInt(6))));
    rule.append(maybe(12, " uidrange 0-0"));
    rule.append(maybe(12, " uidrange 5-9"));
    rule.append(maybe(20, " tun_id 9"));
    return rule.append(action()).toString();
  }

  private String maybe(int oneOf, String words) {
    return random.nextInt(oneOf) == 0 ? words : "";
  }

  private String anyInterface() {
    return random.nextInt(4) == 0 ? pick(List.of("lo", "gone")) : pick(INTERFACES);
  }

  private String action() {
    String table = " lookup " + (2 + random.nextInt(2));
    int longest = ipv4 ? 8 + random.nextInt(17) : 16 + random.nextInt(33);
    return switch (random.nextInt(16)) {
      case 0 -> " blackhole";
      case 1 -> " prohibit";
      case 2 -> " unreachable";
      case 3 -> " nop";
      case 4, 5 -> " goto " + (2000 + random.nextInt(500));
      case 6, 7 -> table + " suppress_prefixlength " + longest;
      case 8 -> table + " suppress_ifgroup " + random.nextInt(2);
      default -> table;
    };
  }

  private String pick(List<String> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
