package io.podhop.agent.nat;

import java.util.List;
import java.util.OptionalInt;

/**
 * A chain and its rules in order.
 *
 * @param policy {@code ACCEPT} or {@code DROP} of a base chain; {@code -} for other chains
 * @param priority of a base chain of nftables among those of its hook, the lowest first; empty
 *     where the table's name tells it (iptables)
 */
public record Chain(String name, String policy, OptionalInt priority, List<Rule> rules) {
  /** Where destinations are translated: iptables' nat table in PREROUTING (NF_IP_PRI_NAT_DST). */
  public static final int DSTNAT = -100;

  public Chain {
    rules = List.copyOf(rules);
  }

  /** Of iptables. */
  public Chain(String name, String policy, List<Rule> rules) {
    this(name, policy, OptionalInt.empty(), rules);
  }
}
