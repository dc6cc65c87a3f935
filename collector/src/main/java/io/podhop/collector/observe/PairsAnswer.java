package io.podhop.collector.observe;

import io.podhop.model.PairTotals;
import java.util.List;

/**
 * Who talks with whom, over all nodes.
 *
 * @param overflowed pairs that share a line or have none, because a table was full
 * @param silentNodes nodes whose pairs are missing
 */
public record PairsAnswer(List<PairTotals> pairs, long overflowed, List<String> silentNodes) {
  public PairsAnswer {
    pairs = List.copyOf(pairs);
    silentNodes = List.copyOf(silentNodes);
  }
}
