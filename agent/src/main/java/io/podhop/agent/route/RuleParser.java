package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.MalformedNetlinkException;
import io.podhop.agent.linux.NetlinkAttributes;
import io.podhop.agent.linux.NetlinkMessage;
import io.podhop.agent.linux.RtTable;
import io.podhop.model.Cidr;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@code fib_rule_hdr} and its attributes (linux/fib_rules.h). */
final class RuleParser {
  private static final int FRA_DST = 1;
  private static final int FRA_SRC = 2;
  private static final int FRA_IIFNAME = 3;
  private static final int FRA_GOTO = 4;
  private static final int FRA_PRIORITY = 6;
  private static final int FRA_FWMARK = 10;
  private static final int FRA_TUN_ID = 12;
  private static final int FRA_SUPPRESS_IFGROUP = 13;
  private static final int FRA_SUPPRESS_PREFIXLEN = 14;
  private static final int FRA_TABLE = 15;
  private static final int FRA_FWMASK = 16;
  private static final int FRA_OIFNAME = 17;
  private static final int FRA_L3MDEV = 19;
  private static final int FRA_UID_RANGE = 20;
  private static final int FRA_IP_PROTO = 22;
  private static final int FRA_SPORT_RANGE = 23;
  private static final int FRA_DPORT_RANGE = 24;
  private static final int FRA_DSCP = 25;
  private static final int FIB_RULE_INVERT = 2;
  private static final int FIB_RULE_UNRESOLVED = 4;
  private static final int FIB_RULE_IIF_DETACHED = 8;
  private static final int FIB_RULE_OIF_DETACHED = 0x10;

  private RuleParser() {}

  /** Empty for an action that iproute2 cannot make either. */
  static Optional<PolicyRule> parse(NetlinkMessage message, IpFamily family)
      throws MalformedNetlinkException {
    NetlinkAttributes attributes = message.attributes(RtTable.RULES.headerBytes());
    ByteBuffer header = message.payload();
    Optional<RuleAction> action = RuleAction.ofNumber(Byte.toUnsignedInt(header.get(7)));
    Optional<Cidr> to = range(attributes, FRA_DST, header.get(1), family);
    Optional<Cidr> from = range(attributes, FRA_SRC, header.get(2), family);
    boolean unfit = header.get(1) != 0 && to.isEmpty() || header.get(2) != 0 && from.isEmpty();
    if (action.isEmpty() || unfit) {
      return Optional.empty();
    }
    int flags = header.getInt(8);
    int fwmark = attributes.u32(FRA_FWMARK, 0);
    return Optional.of(
        new PolicyRule(
            family,
            attributes.u32(FRA_PRIORITY, 0),
            (flags & FIB_RULE_INVERT) != 0,
            from,
            to,
            fwmark,
            attributes.u32(FRA_FWMASK, fwmark == 0 ? 0 : -1),
            attributes.text(FRA_IIFNAME),
            attributes.text(FRA_OIFNAME),
            action.get(),
            attributes.u32(FRA_TABLE, Byte.toUnsignedInt(header.get(4))),
            attributes.u32(FRA_GOTO, 0),
            attributes.u32(FRA_SUPPRESS_PREFIXLEN, -1),
            otherSelectors(attributes, Byte.toUnsignedInt(header.get(3))),
            new PolicyRule.Detached(
                (flags & FIB_RULE_IIF_DETACHED) != 0,
                (flags & FIB_RULE_OIF_DETACHED) != 0,
                (flags & FIB_RULE_UNRESOLVED) != 0)));
  }

  private static Optional<Cidr> range(
      NetlinkAttributes attributes, int type, byte length, IpFamily family)
      throws MalformedNetlinkException {
    return length == 0
        ? Optional.empty()
        : RouteParser.range(attributes, type, Byte.toUnsignedInt(length), family.number());
  }

  private static List<String> otherSelectors(NetlinkAttributes attributes, int tos)
      throws MalformedNetlinkException {
    List<String> selectors = new ArrayList<>();
    if (tos != 0) {
      selectors.add("tos 0x" + Integer.toHexString(tos));
    }
    if (attributes.u8(FRA_L3MDEV, 0) != 0) {
      selectors.add("l3mdev");
    }
    addNumberRange(selectors, "uidrange", attributes.bytes(FRA_UID_RANGE));
    if (attributes.has(FRA_IP_PROTO)) {
      selectors.add("ipproto " + protocol(attributes.u8(FRA_IP_PROTO, 0)));
    }
    addNumberRange(selectors, "sport", attributes.bytes(FRA_SPORT_RANGE));
    addNumberRange(selectors, "dport", attributes.bytes(FRA_DPORT_RANGE));
    if (attributes.has(FRA_TUN_ID)) {
      selectors.add("tun_id " + attributes.u64be(FRA_TUN_ID, 0));
    }
    if (attributes.has(FRA_DSCP)) {
      selectors.add("dscp " + attributes.u8(FRA_DSCP, 0));
    }
    if (attributes.u32(FRA_SUPPRESS_IFGROUP, -1) != -1) {
      selectors.add("suppress_ifgroup " + attributes.u32(FRA_SUPPRESS_IFGROUP, -1));
    }
    return selectors;
  }

  private static String protocol(int number) {
    return switch (number) {
      case 1 -> "icmp";
      case 6 -> "tcp";
      case 17 -> "udp";
      case 58 -> "ipv6-icmp";
      default -> Integer.toString(number);
    };
  }

  /** Two numbers, of two bytes each for ports and of four for user ids. */
  private static void addNumberRange(List<String> selectors, String keyword, byte[] range)
      throws MalformedNetlinkException {
    if (range.length == 0) {
      return;
    }
    if (range.length != 4 && range.length != 8) {
      throw new MalformedNetlinkException(keyword + " of " + range.length + " bytes");
    }
    ByteBuffer numbers = ByteBuffer.wrap(range).order(ByteOrder.nativeOrder());
    boolean ports = range.length == 4;
    long first =
        ports
            ? Short.toUnsignedInt(numbers.getShort(0))
            : Integer.toUnsignedLong(numbers.getInt(0));
    long last =
        ports
            ? Short.toUnsignedInt(numbers.getShort(2))
            : Integer.toUnsignedLong(numbers.getInt(4));
    boolean single = ports && first == last;
    selectors.add(keyword + " " + first + (single ? "" : "-" + last));
  }
}
