package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
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

  /** Source or destination port, whichever fits ({@code -m multiport --ports}). */
  record EitherPorts(List<PortRange> ranges, boolean negated) implements Match {
    public EitherPorts {
      ranges = List.copyOf(ranges);
    }
  }

  /** Addresses from first to last, both included ({@code -m iprange}). */
  record AddressSpan(boolean ofSource, IpAddress first, IpAddress last, boolean negated)
      implements Match {}

  /**
   * The kind of an address by the local routing table ({@code LOCAL}, {@code UNICAST}, …).
   *
   * @param ofSource source address, else destination
   * @param limit which interface's addresses count
   */
  record AddressType(boolean ofSource, Set<String> types, boolean negated, Limit limit)
      implements Match {
    public AddressType {
      types = Set.copyOf(types);
    }
  }

  /** {@code --limit-iface-in} and {@code --limit-iface-out}. */
  enum Limit {
    NONE,
    IN,
    OUT
  }

  /** The flags under the mask are exactly these. */
  record TcpFlags(int mask, int set, boolean negated) implements Match {}

  /**
   * @param type 255 for any
   */
  record IcmpType(int type, int firstCode, int lastCode, boolean negated) implements Match {}

  /** Time to live or hop limit, inclusive. */
  record TimeToLive(int first, int last, boolean negated) implements Match {}

  /** Length of the IP packet in bytes, inclusive. */
  record Length(int first, int last, boolean negated) implements Match {}

  /** {@code -m pkttype}: unicast, broadcast or multicast. */
  record LinkType(String type, boolean negated) implements Match {}

  record SourceMac(String address, boolean negated) implements Match {}

  /**
   * Membership in a set of ipset(8).
   *
   * @param directions {@code src} or {@code dst} for each part of the set's type
   */
  record InSet(String name, List<String> directions, boolean negated) implements Match {
    public InSet {
      directions = List.copyOf(directions);
    }
  }

  /** The packet's direction in its connection ({@code --ctdir}). */
  record Direction(boolean reply, boolean negated) implements Match {}

  /**
   * The source was seen lately ({@code -m recent --rcheck}): kube-proxy's ClientIP affinity.
   *
   * @param seconds 0 for any time
   */
  record Recent(String name, int seconds, boolean negated) implements Match {}

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

  /** Holds for some packets and not for others by their rate ({@code limit}, {@code hashlimit}). */
  record Limited(String text) implements Match {}

  /** A condition that we do not evaluate. */
  record UnknownMatch(String text) implements Match {}

  /** Inclusive. */
  record PortRange(int first, int last) {
    boolean contains(int port) {
      return port >= first && port <= last;
    }
  }
}
