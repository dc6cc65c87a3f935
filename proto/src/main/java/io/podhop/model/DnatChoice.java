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

  /** For people: {@code 192.168.33.7:5432}, {@code [2001:db8::7]:5432}. */
  public String target() {
    return (address.isIpv4() ? address.toString() : "[" + address + "]") + ":" + port;
  }
}
