package io.podhop.agent.linux;

import java.util.OptionalInt;
import java.util.function.IntFunction;

/** Names that iproute2 has for numbers of rtnetlink(7): its built-in rt_tables, rt_scopes, … */
public final class RtNames {
  public static final int TABLE_MAIN = 254;
  public static final int TABLE_LOCAL = 255;
  public static final int SCOPE_GLOBAL = 0;
  public static final int SCOPE_LINK = 253;
  public static final int PROTOCOL_KERNEL = 2;
  public static final int PROTOCOL_BOOT = 3;

  private static final int BYTE_MAX = 255;

  private RtNames() {}

  /** {@code local}, {@code main}, {@code default} or the number. */
  public static String table(int table) {
    return switch (table) {
      case TABLE_LOCAL -> "local";
      case TABLE_MAIN -> "main";
      case 253 -> "default";
      default -> Integer.toUnsignedString(table);
    };
  }

  /** The table of a name or number, as {@link #table(int)} writes it; empty for other names. */
  public static OptionalInt tableNumber(String text) {
    return numbered(text, RtNames::table);
  }

  /** The scope of a name or number. */
  public static OptionalInt scopeNumber(String text) {
    return numbered(text, RtNames::scope);
  }

  /** The protocol of a name or number. */
  public static OptionalInt protocolNumber(String text) {
    return numbered(text, RtNames::protocol);
  }

  private static OptionalInt numbered(String text, IntFunction<String> names) {
    for (int number = 0; number <= BYTE_MAX; number++) {
      if (names.apply(number).equals(text)) {
        return OptionalInt.of(number);
      }
    }
    return text.matches("\\d{1,10}") && Long.parseLong(text) <= 0xffff_ffffL
        ? OptionalInt.of((int) Long.parseLong(text))
        : OptionalInt.empty();
  }

  /** {@code global}, {@code link}, {@code host} … or the number. */
  public static String scope(int scope) {
    return switch (scope) {
      case SCOPE_GLOBAL -> "global";
      case 200 -> "site";
      case SCOPE_LINK -> "link";
      case 254 -> "host";
      case 255 -> "nowhere";
      default -> Integer.toString(scope);
    };
  }

  /** Who made a route: {@code kernel}, {@code static}, {@code dhcp} … or the number. */
  public static String protocol(int protocol) {
    return switch (protocol) {
      case 0 -> "unspec";
      case 1 -> "redirect";
      case PROTOCOL_KERNEL -> "kernel";
      case PROTOCOL_BOOT -> "boot";
      case 4 -> "static";
      case 8 -> "gated";
      case 9 -> "ra";
      case 10 -> "mrt";
      case 11 -> "zebra";
      case 12 -> "bird";
      case 13 -> "dnrouted";
      case 14 -> "xorp";
      case 15 -> "ntk";
      case 16 -> "dhcp";
      case 18 -> "keepalived";
      case 42 -> "babel";
      case 186 -> "bgp";
      case 187 -> "isis";
      case 188 -> "ospf";
      case 189 -> "rip";
      case 192 -> "eigrp";
      default -> Integer.toString(protocol);
    };
  }
}
