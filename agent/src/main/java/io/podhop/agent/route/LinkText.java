package io.podhop.agent.route;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads {@code ip addr} and {@code ip -d link}. The kind of an interface stands in the output of
 * {@code -d} only and is otherwise left empty.
 */
final class LinkText {
  private static final Pattern HEAD =
      Pattern.compile("(\\d{1,9}): +([^\\s@:]+)(?:@(\\S+))?: <([^>]*)> (.*)");
  private static final Pattern BELOW_ELSEWHERE = Pattern.compile("if(\\d{1,9})");
  private static final Pattern DETAIL =
      Pattern.compile(
          "(valid_lft|altname|alias|RX|TX|bridge_slave|promiscuity|vf|prog/xdp|\\d+ +\\d+ ).*");
  private static final Set<String> KINDS =
      Set.of(
          "veth",
          "vlan",
          "bridge",
          "dummy",
          "ifb",
          "macvlan",
          "ipvlan",
          "vxlan",
          "geneve",
          "bond",
          "tun",
          "wireguard",
          "ipip",
          "sit",
          "gre",
          "ip6tnl",
          "vrf",
          "nlmon",
          "macvtap",
          "team",
          "ip6gre",
          "vti",
          "vti6",
          "netdevsim",
          "gretap",
          "ip6gretap",
          "netkit",
          "xfrm",
          "vcan");

  private final List<Draft> drafts = new ArrayList<>();
  private final List<InterfaceAddress> addresses = new ArrayList<>();
  private final List<String> unread = new ArrayList<>();

  /** An interface as far as its lines were read. */
  private static final class Draft {
    private int ifindex;
    private String name = "";
    private String below = "";
    private String mac = "";
    private int mtuBytes;
    private boolean up;
    private boolean carrier;
    private int group;
    private int netnsId = -1;
    private String kind = "";
    private int vlanId;
  }

  LinkText(Iterable<String> lines) {
    for (String line : lines) {
      try {
        read(line.strip());
      } catch (UnreadableLineException e) {
        unread.add(line);
      }
    }
  }

  RouteText.Parsed<Link> links() {
    Map<String, Integer> indexes = new HashMap<>();
    drafts.forEach(draft -> indexes.put(draft.name, draft.ifindex));
    return new RouteText.Parsed<>(
        drafts.stream().map(draft -> link(draft, indexes)).toList(), unread);
  }

  RouteText.Parsed<InterfaceAddress> addresses() {
    return new RouteText.Parsed<>(addresses, unread);
  }

  private static Link link(Draft draft, Map<String, Integer> indexes) {
    Matcher elsewhere = BELOW_ELSEWHERE.matcher(draft.below);
    boolean numbered = !indexes.containsKey(draft.below) && elsewhere.matches();
    int peer =
        numbered
            ? Integer.parseInt(Words.group(elsewhere, 1))
            : indexes.getOrDefault(draft.below, 0);
    return new Link(
        draft.ifindex,
        draft.name,
        draft.mac,
        draft.mtuBytes,
        draft.up,
        peer,
        draft.netnsId,
        draft.kind,
        draft.vlanId,
        draft.carrier,
        draft.group);
  }

  private void read(String line) throws UnreadableLineException {
    Matcher head = HEAD.matcher(line);
    if (head.matches()) {
      drafts.add(head(head));
    } else if (drafts.isEmpty()) {
      throw new UnreadableLineException("no interface yet");
    } else if (!DETAIL.matcher(line).matches()) {
      body(drafts.getLast(), new Words(line));
    }
  }

  private static Draft head(Matcher head) throws UnreadableLineException {
    Draft draft = new Draft();
    List<String> flags = List.of(Words.group(head, 4).split(","));
    draft.ifindex = Words.unsigned(Words.group(head, 1));
    draft.name = Words.group(head, 2);
    draft.below = Words.group(head, 3);
    draft.up = flags.contains("UP");
    draft.carrier = flags.contains("LOWER_UP");
    Words words = new Words(Words.group(head, 5));
    while (words.hasNext()) {
      switch (words.next()) {
        case "mtu" -> draft.mtuBytes = words.unsignedNumber();
        case "group" -> draft.group = group(words.next());
        case "link-netnsid" -> draft.netnsId = words.unsignedNumber();
        default -> {}
      }
    }
    return draft;
  }

  private static int group(String name) throws UnreadableLineException {
    return switch (name) {
      case "default" -> 0;
      case String number when number.matches("\\d+") -> Words.unsigned(number);
      default -> -1;
    };
  }

  private void body(Draft draft, Words words) throws UnreadableLineException {
    String keyword = words.next();
    if (keyword.startsWith("link/")) {
      hardware(draft, words);
    } else if (keyword.equals("inet") || keyword.equals("inet6")) {
      addresses.add(address(draft, words));
    } else if (KINDS.contains(keyword)) {
      draft.kind = keyword;
      if (keyword.equals("vlan")) {
        vlan(draft, words);
      }
    } else {
      throw new UnreadableLineException("unknown word: " + keyword);
    }
  }

  private static void hardware(Draft draft, Words words) throws UnreadableLineException {
    String mac = words.peek(0);
    if (mac.matches("[0-9a-f]{2}(:[0-9a-f]{2}){5,19}")) {
      draft.mac = mac;
    } else {
      // Tunnels have an IP address here; rtnetlink gives its bytes.
      draft.mac = IpAddress.tryParse(mac).map(ip -> Link.macText(ip.toBytes())).orElse("");
    }
    while (words.hasNext()) {
      switch (words.next()) {
        case "link-netnsid" -> draft.netnsId = words.unsignedNumber();
        case "link-netns" -> draft.netnsId = Link.NETNS_UNNUMBERED;
        default -> {}
      }
    }
  }

  private static void vlan(Draft draft, Words words) throws UnreadableLineException {
    while (words.hasNext()) {
      if (words.next().equals("id")) {
        draft.vlanId = words.unsignedNumber();
      }
    }
  }

  private static InterfaceAddress address(Draft draft, Words words) throws UnreadableLineException {
    Cidr local = words.range();
    int prefixLength = words.take("peer") ? words.range().prefixLength() : local.prefixLength();
    int scope = RtNames.SCOPE_GLOBAL;
    while (words.hasNext()) {
      if (words.next().equals("scope")) {
        scope = Words.known(RtNames.scopeNumber(words.peek(0)), "scope");
      }
    }
    return new InterfaceAddress(draft.ifindex, draft.name, local.address(), prefixLength, scope);
  }
}
