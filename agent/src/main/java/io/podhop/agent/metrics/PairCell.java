package io.podhop.agent.metrics;

import io.podhop.model.Direction;
import io.podhop.model.PairTotals;
import io.podhop.model.Protocol;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import io.podhop.model.Verdict;

/** One pair's totals; guarded by its table. */
final class PairCell {
  private final long[] bytes = new long[Direction.values().length];
  private final long[] packets = new long[Direction.values().length];
  private final long[] connections = new long[Verdict.Id.values().length];
  private long retransmits;
  private long resets;
  private long handshakes;
  private long handshakeNs;
  private long lastNs;

  void add(Increment increment) {
    add(Direction.REQUEST, increment.request());
    add(Direction.REPLY, increment.reply());
    connections[increment.flow().outcome().verdict().ordinal()] += increment.first() ? 1 : 0;
    retransmits += increment.retransmits();
    resets += increment.reset() ? 1 : 0;
    if (increment.handshake()) {
      handshakes++;
      handshakeNs += increment.flow().tcp().map(TcpQuality::handshakeNs).orElse(0L);
    }
    lastNs = Math.max(lastNs, increment.flow().endNs());
  }

  private void add(Direction direction, Traffic more) {
    bytes[direction.ordinal()] += more.bytes();
    packets[direction.ordinal()] += more.packets();
  }

  long bytes(Direction direction) {
    return bytes[direction.ordinal()];
  }

  long packets(Direction direction) {
    return packets[direction.ordinal()];
  }

  long connections(Verdict.Id verdict) {
    return connections[verdict.ordinal()];
  }

  long retransmits() {
    return retransmits;
  }

  long resets() {
    return resets;
  }

  long lastNs() {
    return lastNs;
  }

  PairTotals totals(String source, String destination, int port, Protocol protocol) {
    long all = 0;
    for (long some : connections) {
      all += some;
    }
    return new PairTotals(
        source,
        destination,
        port,
        protocol,
        bytes(Direction.REQUEST),
        bytes(Direction.REPLY),
        packets(Direction.REQUEST),
        packets(Direction.REPLY),
        all,
        all - connections(Verdict.Id.DELIVERED),
        retransmits,
        resets,
        handshakes,
        handshakeNs);
  }
}
