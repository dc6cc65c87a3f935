package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import java.util.List;
import java.util.Set;

/** A condition of a rule, as iptables-extensions(8) has it. */
public sealed interface Match {
  record Source(Cidr range, boolean negated) implements Match {}

  record Destination(Cidr range, boolean negated) implements Match {}

  /**
   * @param name a trailing {@code +} matches any rest
   */
  record InInterface(String name, boolean negated) implements Match {}

  /**
   * @param name a trailing {@code +} matches any rest
   */
  record OutInterface(String name, boolean negated) implements Match {}

  /**
   * @param number IANA protocol number; 0 for every protocol
   */
  record TransportProtocol(int number, boolean negated) implements Match {}

  record SourcePorts(List<PortRange> ranges, boolean negated) implements Match {
    public SourcePorts {
      ranges = List.copyOf(ranges);
    }
  }

  record DestinationPorts(List<PortRange> ranges, boolean negated) implements Match {
    public DestinationPorts {
      ranges = List.copyOf(ranges);
    }
  }

  /**
   * The kind of an address by the local routing table ({@code LOCAL}, {@code UNICAST}, …).
   *
   * @param ofSource source address, else destination
   * @param limitInterface {@code --limit-iface-in} or {@code -out}: only that interface's addresses
   */
  record AddressType(boolean ofSource, Set<String> types, boolean negated, boolean limitInterface)
      implements Match {
    public AddressType {
      types = Set.copyOf(types);
    }
  }

  record Mark(int value, int mask, boolean negated) implements Match {}

  record ConnectionMark(int value, int mask, boolean negated) implements Match {}

  /** Conntrack state: {@code NEW}, {@code ESTABLISHED}, {@code DNAT}, … */
  record State(Set<String> states, boolean negated) implements Match {
    public State {
      states = Set.copyOf(states);
    }
  }

  /** True at random, with this probability. */
  record Statistic(double probability) implements Match {}

  record Comment(String text) implements Match {}

  /** A module that always matches, such as nfacct. */
  record Always(String text) implements Match {}

  /** A condition that we do not evaluate. */
  record UnknownMatch(String text) implements Match {}

  /** Inclusive. */
  record PortRange(int first, int last) {
    boolean contains(int port) {
      return port >= first && port <= last;
    }
  }
}
