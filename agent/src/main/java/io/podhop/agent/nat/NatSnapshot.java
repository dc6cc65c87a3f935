package io.podhop.agent.nat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All that rewrites or marks packets on a node, as read at one time. Immutable.
 *
 * @param legacy rules of the legacy backend; empty when it holds none or its tool is missing
 * @param nft rules of iptables-nft; likewise
 * @param nativeTable {@code table ip aws-cni}; empty when the node has none
 * @param warnings what could not be read and what follows from it, for people
 */
public record NatSnapshot(Ruleset legacy, Ruleset nft, Ruleset nativeTable, List<String> warnings) {
  public NatSnapshot {
    warnings = List.copyOf(warnings);
  }

  /** A snapshot of one rule set, the others empty. */
  public static NatSnapshot of(Ruleset ruleset) {
    return new NatSnapshot(
        only(Backend.LEGACY, ruleset),
        only(Backend.NFT, ruleset),
        only(Backend.NATIVE, ruleset),
        List.of());
  }

  private static Ruleset only(Backend backend, Ruleset ruleset) {
    return ruleset.backend() == backend ? ruleset : Ruleset.empty(backend);
  }

  /** The same snapshot with the native table. */
  public NatSnapshot withNative(Ruleset table) {
    return new NatSnapshot(legacy, nft, table, warnings);
  }

  /** Both iptables backends, legacy first. */
  public Stream<Ruleset> iptables() {
    return Stream.of(legacy, nft);
  }

  /** A chain of one iptables table in whichever backends hold it. */
  Stream<Chain> chains(String table, String name) {
    return iptables().map(ruleset -> ruleset.chain(table, name)).flatMap(Optional::stream);
  }

  /** Packet counters of all rules, when they were read with counters. */
  public RuleCounters counters() {
    return RuleCounters.of(Stream.of(legacy, nft, nativeTable).flatMap(Ruleset::rules));
  }
}
