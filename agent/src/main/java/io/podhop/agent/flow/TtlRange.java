package io.podhop.agent.flow;

/**
 * Least and greatest TTL or hop limit of one direction; both -1 without a packet. A packet that a
 * routing loop brings by again has a lower one each time.
 */
public record TtlRange(int min, int max) {
  public static final TtlRange NONE = new TtlRange(-1, -1);
}
