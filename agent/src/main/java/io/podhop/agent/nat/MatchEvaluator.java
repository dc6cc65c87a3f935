package io.podhop.agent.nat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Ternary;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether a condition holds for a packet, as far as that is known. */
final class MatchEvaluator {
  private final NatQuery query;
  private final IpSets sets;
  private final boolean explaining;

  /** The packet is known as the query says. */
  MatchEvaluator(NatQuery query, IpSets sets) {
    this(query, sets, false);
  }

  private MatchEvaluator(NatQuery query, IpSets sets, boolean explaining) {
    this.query = query;
    this.sets = sets;
    this.explaining = explaining;
  }

  /**
   * The packet is known from conntrack only: interface in, the node's addresses and marks are open.
   */
  static MatchEvaluator explaining(NatQuery query, IpSets sets) {
    return new MatchEvaluator(query, sets, true);
  }

  NatQuery query() {
    return query;
  }

  /** NO as soon as one condition fails; UNKNOWN when none fails and one is open. */
  Ternary all(List<Match> matches, WalkState at) {
    Ternary all = Ternary.YES;
    for (Match match : matches) {
      all = all.and(one(match, at));
      if (all == Ternary.NO) {
        return all;
      }
    }
    return all;
  }

  private Ternary one(Match match, WalkState at) {
    FlowKey packet = at.packet;
    return switch (match) {
      case Match.Source m -> truth(m.range().contains(packet.source()), m.negated());
      case Match.Destination m -> truth(m.range().contains(packet.destination()), m.negated());
      case Match.InInterface m ->
          explaining ? Ternary.UNKNOWN : truth(named(m.name(), query.inInterface()), m.negated());
      case Match.OutInterface m ->
          explaining && query.outInterface().isEmpty()
              ? Ternary.UNKNOWN
              : truth(named(m.name(), query.outInterface()), m.negated());
      case Match.TransportProtocol m ->
          truth(m.number() == 0 || m.number() == packet.protocol().number(), m.negated());
      case Match.SourcePorts m -> ports(packet, m.ranges(), true, false).negated(m.negated());
      case Match.DestinationPorts m -> ports(packet, m.ranges(), false, true).negated(m.negated());
      case Match.EitherPorts m -> ports(packet, m.ranges(), true, true).negated(m.negated());
      case Match.AddressSpan m -> span(m, packet);
      case Match.AddressType m -> addressType(m, packet);
      case Match.Mark m ->
          explaining ? Ternary.UNKNOWN : truth((at.fwmark & m.mask()) == m.value(), m.negated());
      case Match.ConnectionMark m -> connectionMark(m, at);
      case Match.State m -> state(m, at).negated(m.negated());
      case Match.Direction m ->
          explaining || !at.tracked()
              ? Ternary.UNKNOWN
              : truth(query.connection().reply() == m.reply(), m.negated());
      case Match.InSet m ->
          sets.named(m.name())
              .map(set -> set.contains(query, at, m.directions(), sets))
              .orElse(Ternary.UNKNOWN)
              .negated(m.negated());
      case Match.Statistic _ -> Ternary.YES;
      case Match.Comment _ -> Ternary.YES;
      case Match.Always _ -> Ternary.YES;
      case Match.Recent _ -> Ternary.UNKNOWN;
      case Match.Limited _ -> Ternary.UNKNOWN;
      case Match.UnknownMatch _ -> Ternary.UNKNOWN;
      default -> detail(match, at);
    };
  }

  /** What only the packet itself tells. */
  private Ternary detail(Match match, WalkState at) {
    PacketDetails known = query.details();
    return switch (match) {
      case Match.TcpFlags m ->
          known.tcpFlags() < 0
              ? Ternary.UNKNOWN
              : truth((known.tcpFlags() & m.mask()) == m.set(), m.negated());
      case Match.IcmpType m -> icmp(m, known);
      case Match.TimeToLive m ->
          within(at.ttlChanged ? -1 : known.ttl(), m.first(), m.last()).negated(m.negated());
      case Match.Length m -> within(known.length(), m.first(), m.last()).negated(m.negated());
      case Match.LinkType m -> same(known.linkType(), m.type()).negated(m.negated());
      case Match.SourceMac m -> same(known.sourceMac(), m.address()).negated(m.negated());
      default -> Ternary.UNKNOWN;
    };
  }

  private static Ternary truth(boolean truth, boolean negated) {
    return Ternary.of(truth != negated);
  }

  private static Ternary within(int value, int first, int last) {
    return value < 0 ? Ternary.UNKNOWN : Ternary.of(value >= first && value <= last);
  }

  private static Ternary same(Optional<String> known, String wanted) {
    return known.map(value -> Ternary.of(value.equals(wanted))).orElse(Ternary.UNKNOWN);
  }

  private static boolean named(String pattern, String name) {
    return pattern.endsWith("+")
        ? name.startsWith(pattern.substring(0, pattern.length() - 1))
        : name.equals(pattern);
  }

  /** A rule that asks for ports asks for a protocol that has them, too. */
  private static Ternary ports(
      FlowKey packet, List<Match.PortRange> ranges, boolean source, boolean destination) {
    if (packet.protocol().isIcmp()) {
      return Ternary.UNKNOWN;
    }
    for (Match.PortRange range : ranges) {
      if ((source && range.contains(packet.sourcePort()))
          || (destination && range.contains(packet.destinationPort()))) {
        return Ternary.YES;
      }
    }
    return Ternary.NO;
  }

  private static Ternary span(Match.AddressSpan match, FlowKey packet) {
    IpAddress address = match.ofSource() ? packet.source() : packet.destination();
    boolean inside =
        address.isIpv4() == match.first().isIpv4()
            && match.first().compareTo(address) <= 0
            && address.compareTo(match.last()) <= 0;
    return truth(inside, match.negated());
  }

  private static Ternary icmp(Match.IcmpType match, PacketDetails known) {
    if (match.type() == 255) {
      return truth(true, match.negated());
    }
    if (known.icmpType() >= 0 && known.icmpType() != match.type()) {
      return truth(false, match.negated());
    }
    if (known.icmpType() < 0) {
      return Ternary.UNKNOWN;
    }
    boolean anyCode = match.firstCode() == 0 && match.lastCode() == 255;
    return (anyCode ? Ternary.YES : within(known.icmpCode(), match.firstCode(), match.lastCode()))
        .negated(match.negated());
  }

  private Ternary addressType(Match.AddressType match, FlowKey packet) {
    IpAddress address = match.ofSource() ? packet.source() : packet.destination();
    if (explaining && !query.local().contains(address) && query.outInterface().isEmpty()) {
      return Ternary.UNKNOWN;
    }
    String limit =
        switch (match.limit()) {
          case NONE -> "";
          case IN -> query.inInterface();
          case OUT -> query.outInterface();
        };
    Set<String> possible = query.local().types(address, limit);
    boolean can = false;
    boolean must = !possible.isEmpty();
    for (String type : possible) {
      boolean wanted = match.types().contains(type);
      can |= wanted;
      must &= wanted;
    }
    boolean open = possible.isEmpty() || can != must;
    return open ? Ternary.UNKNOWN : truth(must, match.negated());
  }

  /** Without a connection neither the match nor its negation holds. */
  private Ternary connectionMark(Match.ConnectionMark match, WalkState at) {
    if (explaining) {
      return Ternary.UNKNOWN;
    }
    return at.tracked()
        ? truth((at.connectionMark & match.mask()) == match.value(), match.negated())
        : Ternary.NO;
  }

  /** DNAT and SNAT are states beside the others: what happened to the connection already. */
  private Ternary state(Match.State match, WalkState at) {
    if (match.states().contains(at.state.name())) {
      return Ternary.YES;
    }
    if (!at.tracked()) {
      return Ternary.NO;
    }
    boolean destination = query.connection().destinationTranslated() || at.destinationTranslated();
    boolean source = query.connection().sourceTranslated() || at.sourceTranslated();
    boolean translated =
        (destination && match.states().contains("DNAT"))
            || (source && match.states().contains("SNAT"));
    boolean asks = match.states().contains("DNAT") || match.states().contains("SNAT");
    return translated || !explaining || !asks ? Ternary.of(translated) : Ternary.UNKNOWN;
  }
}
