package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import io.podhop.model.Ternary;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Whether a rule applies to a packet (fib_rule_match and fib4_rule_match of the kernel). */
record RuleMatch(RouteSnapshot snapshot, RouteQuery query) {
  private static final Map<String, Integer> PROTOCOLS =
      Map.of("icmp", 1, "tcp", 6, "udp", 17, "ipv6-icmp", 58);

  /** Links whose packets can bring a tunnel's id with them. */
  private static final Set<String> TUNNELS =
      Set.of("vxlan", "geneve", "gre", "gretap", "ip6gre", "ip6gretap", "ipip", "ip6tnl", "erspan");

  /** The bits of the type of service that IPv4 rules and routes compare (RT_TOS without ECN). */
  private static final int IPV4_TOS_MASK = 0x1c;

  private static final int DSCP_MASK = 0xfc;

  Ternary applies(PolicyRule rule) {
    Ternary selected = Ternary.of(addressesAndMark(rule) && interfaces(rule));
    for (String selector : rule.otherSelectors()) {
      selected = selected.and(holds(selector));
    }
    return rule.inverted() ? selected.not() : selected;
  }

  private boolean addressesAndMark(PolicyRule rule) {
    return covers(rule.from(), query.source())
        && covers(rule.to(), query.destination())
        && ((query.fwmark() ^ rule.fwmark()) & rule.fwmarkMask()) == 0;
  }

  private static boolean covers(Optional<Cidr> range, IpAddress address) {
    return range.isEmpty() || range.get().contains(address);
  }

  private boolean interfaces(PolicyRule rule) {
    String in = query.isOwn() ? RouteQuery.LOOPBACK : query.inInterface();
    boolean from =
        rule.inInterface().isEmpty() || !rule.detached().in() && rule.inInterface().equals(in);
    return from && rule.outInterface().isEmpty();
  }

  private Ternary holds(String selector) {
    int space = selector.indexOf(' ');
    String keyword = space < 0 ? selector : selector.substring(0, space);
    String value = selector.substring(space + 1);
    RouteQuery.Transport transport = query.transport();
    return switch (keyword) {
      // Not the packet's but the result's: the predictor asks it of the route.
      case "suppress_ifgroup" -> Ternary.YES;
      case "tos" -> tos(value, transport.tos());
      case "dscp" -> range(value, shifted(transport.tos()));
      case "ipproto" -> protocol(value, transport.protocol());
      case "sport" -> range(value, transport.sourcePort());
      case "dport" -> range(value, transport.destinationPort());
      case "uidrange" -> user(value);
      case "tun_id" -> tunnel();
      case "l3mdev" -> domain();
      default -> Ternary.UNKNOWN;
    };
  }

  private static OptionalInt shifted(OptionalInt tos) {
    return tos.isPresent() ? OptionalInt.of(tos.getAsInt() >> 2) : tos;
  }

  private Ternary tos(String value, OptionalInt tos) {
    OptionalInt wanted = number(value);
    return wanted.isEmpty()
        ? Ternary.UNKNOWN
        : Ternary.of(tos, bits -> (bits & tosMask(query)) == wanted.getAsInt());
  }

  static int tosMask(RouteQuery query) {
    return IpFamily.of(query.destination()) == IpFamily.IPV4 ? IPV4_TOS_MASK : DSCP_MASK;
  }

  private static Ternary protocol(String value, OptionalInt protocol) {
    boolean listed = protocol.isPresent() && PROTOCOLS.containsValue(protocol.getAsInt());
    OptionalInt wanted =
        PROTOCOLS.containsKey(value)
            ? OptionalInt.of(PROTOCOLS.getOrDefault(value, 0))
            : number(value);
    if (wanted.isEmpty()) {
      // Another protocol's name: none of those that would have been named differently.
      return listed ? Ternary.NO : Ternary.UNKNOWN;
    }
    return Ternary.of(protocol, number -> number == wanted.getAsInt());
  }

  private static OptionalInt number(String text) {
    try {
      return OptionalInt.of(Words.unsigned(text));
    } catch (UnreadableLineException _) {
      return OptionalInt.empty();
    }
  }

  /** A number or {@code first-last}. */
  private static Ternary range(String text, OptionalInt value) {
    String[] ends = text.split("-", 2);
    OptionalInt first = number(ends[0]);
    OptionalInt last = number(ends[ends.length - 1]);
    return first.isEmpty() || last.isEmpty()
        ? Ternary.UNKNOWN
        : Ternary.of(
            value,
            number ->
                Integer.compareUnsigned(number, first.getAsInt()) >= 0
                    && Integer.compareUnsigned(number, last.getAsInt()) <= 0);
  }

  /** What is forwarded counts as root's. */
  private Ternary user(String range) {
    OptionalInt user = query.transport().user();
    boolean nobodys = user.isEmpty() && !query.isOwn();
    return range(range, nobodys ? OptionalInt.of(RouteQuery.Transport.ROOT) : user);
  }

  private Ternary tunnel() {
    boolean fromTunnel =
        snapshot.link(query.inInterface()).map(Link::kind).filter(TUNNELS::contains).isPresent();
    return fromTunnel ? Ternary.UNKNOWN : Ternary.NO;
  }

  /** Applies to links that belong to a VRF; the kinds of links are known when one is. */
  private Ternary domain() {
    boolean kindsKnown = snapshot.links().stream().anyMatch(link -> !link.kind().isEmpty());
    boolean vrf = snapshot.links().stream().anyMatch(link -> link.kind().equals("vrf"));
    return kindsKnown && !vrf ? Ternary.NO : Ternary.UNKNOWN;
  }
}
