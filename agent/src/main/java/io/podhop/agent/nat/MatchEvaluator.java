package io.podhop.agent.nat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import java.util.List;
import java.util.Set;

/** Whether a condition holds for the first packet of a connection, as far as that is known. */
final class MatchEvaluator {
  /** Three-valued truth. */
  enum Answer {
    YES,
    NO,
    MAYBE;

    static Answer of(boolean truth) {
      return truth ? YES : NO;
    }
  }

  private final NatQuery query;
  private final boolean explaining;

  /**
   * @param explaining the query is known from conntrack only: interface in, the node's addresses
   *     and marks are open
   */
  MatchEvaluator(NatQuery query, boolean explaining) {
    this.query = query;
    this.explaining = explaining;
  }

  /** NO as soon as one condition fails; MAYBE when none fails and one is open. */
  Answer all(List<Match> matches, WalkState at) {
    Answer all = Answer.YES;
    for (Match match : matches) {
      Answer one = one(match, at);
      if (one == Answer.NO) {
        return Answer.NO;
      }
      if (one == Answer.MAYBE) {
        all = Answer.MAYBE;
      }
    }
    return all;
  }

  private Answer one(Match match, WalkState at) {
    FlowKey packet = at.packet;
    return switch (match) {
      case Match.Source m -> truth(m.range().contains(packet.source()), m.negated());
      case Match.Destination m -> truth(m.range().contains(packet.destination()), m.negated());
      case Match.InInterface m ->
          explaining ? Answer.MAYBE : truth(named(m.name(), query.inInterface()), m.negated());
      case Match.OutInterface m ->
          explaining && query.outInterface().isEmpty()
              ? Answer.MAYBE
              : truth(named(m.name(), query.outInterface()), m.negated());
      case Match.TransportProtocol m ->
          truth(m.number() == 0 || m.number() == packet.protocol().number(), m.negated());
      case Match.SourcePorts m -> ports(packet, packet.sourcePort(), m.ranges(), m.negated());
      case Match.DestinationPorts m ->
          ports(packet, packet.destinationPort(), m.ranges(), m.negated());
      case Match.AddressType m -> addressType(m, packet);
      case Match.Mark m ->
          explaining ? Answer.MAYBE : truth((at.fwmark & m.mask()) == m.value(), m.negated());
      case Match.ConnectionMark m ->
          explaining
              ? Answer.MAYBE
              : truth((at.connectionMark & m.mask()) == m.value(), m.negated());
      case Match.State m -> state(m, at);
      case Match.Statistic _ -> Answer.YES;
      case Match.Comment _ -> Answer.YES;
      case Match.Always _ -> Answer.YES;
      case Match.UnknownMatch _ -> Answer.MAYBE;
    };
  }

  private static Answer truth(boolean truth, boolean negated) {
    return Answer.of(truth != negated);
  }

  private static boolean named(String pattern, String name) {
    return pattern.endsWith("+")
        ? name.startsWith(pattern.substring(0, pattern.length() - 1))
        : name.equals(pattern);
  }

  private static Answer ports(
      FlowKey packet, int port, List<Match.PortRange> ranges, boolean negated) {
    if (packet.protocol().isIcmp()) {
      return Answer.NO;
    }
    return truth(ranges.stream().anyMatch(range -> range.contains(port)), negated);
  }

  private Answer addressType(Match.AddressType match, FlowKey packet) {
    IpAddress address = match.ofSource() ? packet.source() : packet.destination();
    boolean local = isLocal(address);
    if (explaining && !local && query.outInterface().isEmpty()) {
      return Answer.MAYBE;
    }
    if (match.types().equals(Set.of("LOCAL"))) {
      return truth(local, match.negated());
    }
    return local && !match.types().contains("LOCAL") ? truth(false, match.negated()) : Answer.MAYBE;
  }

  private boolean isLocal(IpAddress address) {
    boolean loopback = address.isIpv4() && address.ipv4() >>> 24 == 127;
    return loopback || query.localAddresses().contains(address);
  }

  /** The first packet of a connection is NEW; DNAT and SNAT say what happened to it already. */
  private static Answer state(Match.State match, WalkState at) {
    if (match.states().contains("NEW")) {
      return truth(true, match.negated());
    }
    if (match.states().contains("DNAT")) {
      return at.translated() ? truth(true, match.negated()) : truth(false, match.negated());
    }
    return match.states().contains("SNAT") || match.states().contains("UNTRACKED")
        ? Answer.MAYBE
        : truth(false, match.negated());
  }
}
