package io.podhop.agent.route;

import io.podhop.model.IpAddress;

/**
 * An entry of the ARP or neighbour discovery table.
 *
 * @param mac empty while unresolved
 * @param state NUD_* by name: {@code REACHABLE}, {@code STALE}, {@code FAILED}, {@code PERMANENT} …
 */
public record Neighbour(
    int ifindex, String interfaceName, IpAddress address, String mac, String state) {
  /** The state where all that is known is that the entry had a link-layer address: no NUD_*. */
  static final String RESOLVED = "RESOLVED";

  /** As {@code ip neigh} prints it. */
  public String text() {
    return address
        + " dev "
        + interfaceName
        + (mac.isEmpty() ? "" : " lladdr " + mac)
        + " "
        + state;
  }

  static String stateName(int state) {
    return switch (state) {
      case 0 -> "NONE";
      case 1 -> "INCOMPLETE";
      case 2 -> "REACHABLE";
      case 4 -> "STALE";
      case 8 -> "DELAY";
      case 0x10 -> "PROBE";
      case 0x20 -> "FAILED";
      case 0x40 -> "NOARP";
      case 0x80 -> "PERMANENT";
      default -> "0x" + Integer.toHexString(state);
    };
  }
}
