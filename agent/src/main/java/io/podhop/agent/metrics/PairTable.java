package io.podhop.agent.metrics;

import io.podhop.model.Direction;
import io.podhop.model.Endpoint;
import io.podhop.model.Owner;
import io.podhop.model.PairTotals;
import io.podhop.model.Protocol;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Totals by pair of workloads, server port and protocol. When the table is full, a pair that was
 * silent for an hour makes room; if there is none, the rest shares the pair {@code other}.
 * Thread-safe; one thread adds, and the lock is taken by others only to copy.
 */
public final class PairTable {
  /** Pairs per node. */
  public static final int MAX_PAIRS = 2_000;

  private static final long SILENT_NS = 3_600_000_000_000L;

  /** Looking for a silent pair goes through the whole table. */
  private static final long SEARCH_EACH_NS = 1_000_000_000L;

  private final int maxPairs;
  private final Map<Pair, PairCell> cells = new LinkedHashMap<>();
  private long searchedNs = Long.MIN_VALUE;
  private long overflowed;
  private long retired;

  public PairTable() {
    this(MAX_PAIRS);
  }

  PairTable(int maxPairs) {
    this.maxPairs = maxPairs;
  }

  /**
   * @param own whether its source is this node's to report: no other node's agent can
   */
  private record Pair(Party source, Party destination, int port, Protocol protocol, boolean own) {}

  /** Adds a record to its pair. */
  public synchronized void add(Increment increment) {
    var flow = increment.flow();
    Pair pair =
        new Pair(
            Party.of(flow.source()),
            Party.of(flow.destination()),
            flow.key().protocol().isIcmp() ? 0 : flow.key().destinationPort(),
            flow.key().protocol(),
            isOwn(flow.source()));
    cell(pair, flow.endNs()).add(increment);
  }

  /** Sources that may be pods of other nodes are theirs to report. */
  private static boolean isOwn(Endpoint source) {
    return switch (source.owner()) {
      case Owner.Pod _, Owner.Node _, Owner.External _ -> true;
      case Owner.Service _, Owner.Unknown _ -> false;
    };
  }

  private PairCell cell(Pair pair, long nowNs) {
    PairCell known = cells.get(pair);
    if (known != null) {
      return known;
    }
    if (cells.size() >= maxPairs && !makeRoom(nowNs)) {
      overflowed++;
      Pair shared = new Pair(Party.OTHER, Party.OTHER, 0, pair.protocol(), pair.own());
      return cells.computeIfAbsent(shared, _ -> new PairCell());
    }
    PairCell added = new PairCell();
    cells.put(pair, added);
    return added;
  }

  private boolean makeRoom(long nowNs) {
    if (searchedNs != Long.MIN_VALUE && nowNs - searchedNs < SEARCH_EACH_NS) {
      return false;
    }
    searchedNs = nowNs;
    Optional<Map.Entry<Pair, PairCell>> silent =
        cells.entrySet().stream()
            .filter(entry -> !entry.getKey().source().equals(Party.OTHER))
            .min(Comparator.comparingLong(entry -> entry.getValue().lastNs()))
            .filter(entry -> nowNs - entry.getValue().lastNs() > SILENT_NS);
    silent.ifPresent(entry -> cells.remove(entry.getKey()));
    retired += silent.isPresent() ? 1 : 0;
    return silent.isPresent();
  }

  /** The pairs whose source no other node reports. */
  public synchronized List<PairTotals> totals() {
    List<PairTotals> totals = new ArrayList<>();
    cells.forEach(
        (pair, cell) -> {
          if (pair.own()) {
            totals.add(
                cell.totals(
                    pair.source().label(),
                    pair.destination().label(),
                    pair.port(),
                    pair.protocol()));
          }
        });
    return totals;
  }

  synchronized void snapshot(Samples samples) {
    cells.forEach(
        (pair, cell) -> {
          List<String> labels =
              List.of(
                  pair.source().namespace(),
                  pair.source().name(),
                  pair.destination().namespace(),
                  pair.destination().name(),
                  Integer.toString(pair.port()),
                  pair.protocol().toString());
          for (Direction direction : Direction.values()) {
            String way = direction.name().toLowerCase(Locale.ROOT);
            samples.add(Metric.FLOW_BYTES, labels, way, (double) cell.bytes(direction));
            samples.add(Metric.FLOW_PACKETS, labels, way, (double) cell.packets(direction));
          }
          for (Verdict.Id verdict : Verdict.Id.values()) {
            if (cell.connections(verdict) > 0) {
              samples.add(
                  Metric.FLOW_CONNECTIONS,
                  labels,
                  verdict.toString(),
                  (double) cell.connections(verdict));
            }
          }
          if (pair.protocol() == Protocol.TCP) {
            samples.add(Metric.FLOW_RETRANSMITS, labels, (double) cell.retransmits());
            samples.add(Metric.FLOW_RESETS, labels, (double) cell.resets());
          }
        });
    samples.add(Metric.PAIRS, List.of(), cells.size());
    samples.add(Metric.PAIRS_OVERFLOWED, List.of(), (double) overflowed);
    samples.add(Metric.PAIRS_RETIRED, List.of(), (double) retired);
  }

  /** Records that were added to {@code other}. */
  public synchronized long overflowed() {
    return overflowed;
  }
}
