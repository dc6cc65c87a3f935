package io.podhop.agent.capture;

import java.util.Locale;

/** How much of the traffic a source that is always on lets through the kernel's filter. */
public enum CaptureMode {
  /** Every packet. */
  HEADERS(""),
  /**
   * What opens, closes or refuses: TCP with SYN, FIN or RST, DNS, ICMP, ICMPv6 but for neighbour
   * discovery. Tunnels (VXLAN, IP in IP) and IPv6 packets with extension headers pass whole,
   * because a filter cannot see what is inside.
   */
  EDGES(
      "(tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0)"
          + " or (ip6 and ip6[6] = 6 and ip6[53] & 7 != 0)"
          + " or (ip6 and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60))"
          + " or port 53 or icmp"
          + " or (icmp6 and not (ip6[40] >= 133 and ip6[40] <= 137))"
          + " or udp port 4789 or udp port 8472"
          + " or ip proto 4 or ip proto 41 or ip6 proto 4 or ip6 proto 41");

  private static final int DNS = 53;
  private static final int VXLAN = 4789;
  private static final int VXLAN_OF_LINUX = 8472;

  private final String untagged;

  CaptureMode(String untagged) {
    this.untagged = untagged;
  }

  /** Whether UDP from or to this port passes {@link #EDGES}. */
  public static boolean edgesPassUdp(int port) {
    return switch (port) {
      case DNS, VXLAN, VXLAN_OF_LINUX -> true;
      default -> false;
    };
  }

  /** As written everywhere: {@code headers}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The filter's text, as in pcap-filter(7); empty passes everything. It also sees packets whose
   * 802.1Q tag is in the frame's bytes, not in metadata.
   */
  public String filter() {
    // "vlan" shifts the offsets of everything after it, so the tagged form stands last.
    return untagged.isEmpty() ? "" : untagged + " or (vlan and (" + untagged + "))";
  }
}
