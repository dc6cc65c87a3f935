package io.podhop.model;

import java.util.List;

/**
 * One of the destinations that a rule set may choose for a connection.
 *
 * @param probability of being chosen, 0 to 1
 * @param why the rules that lead to it
 */
public record DnatChoice(IpAddress address, int port, double probability, List<Citation> why) {
  public DnatChoice {
    why = List.copyOf(why);
  }
}
