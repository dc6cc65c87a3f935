package io.podhop.cli.render;

import io.podhop.model.PairTotals;
import java.util.List;

/**
 * The busiest pairs of an interval.
 *
 * @param pairs what each exchanged within the interval, busiest first
 * @param others active pairs that are left out
 * @param overflowed pairs that share a line or have none, because a table was full
 * @param silentNodes nodes whose pairs are missing
 */
public record TopReport(
    long intervalNs,
    List<PairTotals> pairs,
    int others,
    long overflowed,
    List<String> silentNodes) {
  public TopReport {
    pairs = List.copyOf(pairs);
    silentNodes = List.copyOf(silentNodes);
  }

  double perSecond(long amount) {
    return amount * 1e9 / intervalNs;
  }
}
