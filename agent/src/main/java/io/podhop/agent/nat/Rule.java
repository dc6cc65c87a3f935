package io.podhop.agent.nat;

import io.podhop.model.Citation;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One rule where it stands.
 *
 * @param number position in its chain, from 1
 * @param text the rule in its tool's notation, without {@code -A CHAIN} and without counters
 * @param quote {@code text} without its comment, for citation
 * @param packets 0 when the rule set was read without counters
 */
public record Rule(
    RulePlace place,
    int number,
    String text,
    String quote,
    List<Match> matches,
    Target target,
    long packets) {
  public Rule {
    matches = List.copyOf(matches);
  }

  /** All comments of the rule; empty when there is none. */
  public String comment() {
    return matches.stream()
        .filter(Match.Comment.class::isInstance)
        .map(match -> ((Match.Comment) match).text())
        .collect(Collectors.joining(" "));
  }

  public Citation cite() {
    return new Citation(
        place.backend() == Backend.NATIVE ? Citation.Source.NFTABLES : Citation.Source.IPTABLES,
        place.table() + "/" + place.chain(),
        number,
        quote);
  }
}
