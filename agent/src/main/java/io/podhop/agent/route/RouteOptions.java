package io.podhop.agent.route;

/**
 * What few routes have.
 *
 * @param tos the type of service that a packet must have; 0 takes any
 * @param nexthopId the nexthop object ({@code ip nexthop}) that the route uses; 0 for none
 * @param mtuBytes the MTU that the route sets; 0 for none
 * @param mtuLocked whether path MTU discovery may not lower it
 */
public record RouteOptions(int tos, int nexthopId, int mtuBytes, boolean mtuLocked) {
  public static final RouteOptions NONE = new RouteOptions(0, 0, 0, false);

  /** What iproute2 prints behind the destination. */
  String selectorText() {
    return ((nexthopId == 0 ? "" : "nhid " + Integer.toUnsignedString(nexthopId) + " ")
            + (tos == 0 ? "" : "tos 0x" + Integer.toHexString(tos)))
        .strip();
  }

  String metricsText() {
    return mtuBytes == 0 ? "" : (mtuLocked ? "mtu lock " : "mtu ") + mtuBytes;
  }
}
