package io.podhop.cli.client;

import io.podhop.model.PairTotals;
import java.util.List;

/**
 * Who talks with whom, since the agents started.
 *
 * @param overflowed pairs that share a line or have none, because a table was full
 * @param silentNodes nodes whose pairs are missing
 */
public record KnownPairs(List<PairTotals> pairs, long overflowed, List<String> silentNodes) {
  public KnownPairs {
    pairs = List.copyOf(pairs);
    silentNodes = List.copyOf(silentNodes);
  }
}
