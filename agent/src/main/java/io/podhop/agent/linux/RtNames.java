package io.podhop.agent.linux;

/** Names that iproute2 has for numbers of rtnetlink(7): its built-in rt_tables, rt_scopes, … */
public final class RtNames {
  public static final int TABLE_MAIN = 254;
  public static final int SCOPE_GLOBAL = 0;
  public static final int PROTOCOL_BOOT = 3;

  private RtNames() {}

  /** {@code local}, {@code main}, {@code default} or the number. */
  public static String table(int table) {
    return switch (table) {
      case 255 -> "local";
      case TABLE_MAIN -> "main";
      case 253 -> "default";
      default -> Integer.toUnsignedString(table);
    };
  }

  /** {@code global}, {@code link}, {@code host} … or the number. */
  public static String scope(int scope) {
    return switch (scope) {
      case SCOPE_GLOBAL -> "global";
      case 200 -> "site";
      case 253 -> "link";
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
      case 2 -> "kernel";
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
