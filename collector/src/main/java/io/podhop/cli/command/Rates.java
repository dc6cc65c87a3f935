package io.podhop.cli.command;

import io.podhop.cli.client.KnownPairs;
import io.podhop.cli.render.TopReport;
import io.podhop.model.PairTotals;
import io.podhop.model.Protocol;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What happened between two looks at totals that only grow. */
final class Rates {
  private Rates() {}

  /** What makes a pair busy. */
  enum By {
    BYTES,
    PACKETS,
    CONNECTIONS,
    FAILED,
    RETRANSMITS;

    long of(PairTotals pair) {
      return switch (this) {
        case BYTES -> pair.requestBytes() + pair.replyBytes();
        case PACKETS -> pair.requestPackets() + pair.replyPackets();
        case CONNECTIONS -> pair.connections();
        case FAILED -> pair.failed();
        case RETRANSMITS -> pair.retransmits();
      };
    }
  }

  private record Pair(String source, String destination, int port, Protocol protocol) {
    static Pair of(PairTotals totals) {
      return new Pair(totals.source(), totals.destination(), totals.port(), totals.protocol());
    }
  }

  /**
   * The busiest pairs between two answers.
   *
   * @param limit pairs at most; the others are counted
   */
  static TopReport between(KnownPairs before, KnownPairs after, long intervalNs, By by, int limit) {
    Map<Pair, PairTotals> old = new HashMap<>();
    before.pairs().forEach(pair -> old.put(Pair.of(pair), pair));
    List<PairTotals> active =
        after.pairs().stream()
            .map(pair -> since(old.get(Pair.of(pair)), pair))
            .filter(Rates::isActive)
            .sorted(
                Comparator.comparingLong(by::of)
                    .thenComparingLong(By.BYTES::of)
                    .reversed()
                    .thenComparing(PairTotals::source)
                    .thenComparing(PairTotals::destination))
            .toList();
    return new TopReport(
        Math.max(1, intervalNs),
        active.stream().limit(limit).toList(),
        Math.max(0, active.size() - limit),
        after.overflowed(),
        after.silentNodes());
  }

  private static boolean isActive(PairTotals pair) {
    return By.PACKETS.of(pair) > 0 || By.BYTES.of(pair) > 0 || pair.connections() > 0;
  }

  /** Totals that shrank are those of an agent that began anew: all of them are new. */
  private static PairTotals since(@Nullable PairTotals before, PairTotals now) {
    if (before == null
        || now.connections() < before.connections()
        || By.BYTES.of(now) < By.BYTES.of(before)) {
      return now;
    }
    return new PairTotals(
        now.source(),
        now.destination(),
        now.port(),
        now.protocol(),
        now.requestBytes() - before.requestBytes(),
        now.replyBytes() - before.replyBytes(),
        now.requestPackets() - before.requestPackets(),
        now.replyPackets() - before.replyPackets(),
        now.connections() - before.connections(),
        now.failed() - before.failed(),
        now.retransmits() - before.retransmits(),
        now.resets() - before.resets(),
        now.handshakes() - before.handshakes(),
        now.handshakeNs() - before.handshakeNs());
  }
}
