package io.podhop.agent.nat;

import java.util.List;

/**
 * A chain and its rules in order.
 *
 * @param policy {@code ACCEPT} or {@code DROP} of a base chain; {@code -} for other chains
 */
public record Chain(String name, String policy, List<Rule> rules) {
  public Chain {
    rules = List.copyOf(rules);
  }
}
