package io.podhop.agent.nat;

import java.util.stream.Stream;

/**
 * All rule sets of one address family.
 *
 * @param legacy rules of the legacy backend; empty when it holds none or its tool is missing
 * @param nft rules of iptables-nft; likewise
 * @param nativeTable {@code table ip aws-cni}; empty when the node has none, and for IPv6
 */
public record FamilyRules(Ruleset legacy, Ruleset nft, Ruleset nativeTable) {
  public static final FamilyRules EMPTY =
      new FamilyRules(
          Ruleset.empty(Backend.LEGACY), Ruleset.empty(Backend.NFT), Ruleset.empty(Backend.NATIVE));

  /** One rule set, the others empty. */
  public static FamilyRules of(Ruleset ruleset) {
    return new FamilyRules(
        only(Backend.LEGACY, ruleset), only(Backend.NFT, ruleset), only(Backend.NATIVE, ruleset));
  }

  private static Ruleset only(Backend backend, Ruleset ruleset) {
    return ruleset.backend() == backend ? ruleset : Ruleset.empty(backend);
  }

  /** Both iptables backends, legacy first. */
  public Stream<Ruleset> iptables() {
    return Stream.of(legacy, nft);
  }

  Stream<Ruleset> all() {
    return Stream.of(legacy, nft, nativeTable);
  }
}
