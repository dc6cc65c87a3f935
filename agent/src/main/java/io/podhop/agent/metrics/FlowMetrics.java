package io.podhop.agent.metrics;

import io.podhop.model.Flow;
import io.podhop.model.TcpQuality;
import java.util.List;

/** All that is counted of flows. One thread adds; any may read. */
public final class FlowMetrics {
  /** Sets of labels that each histogram keeps. */
  static final int MAX_HISTOGRAMS = 500;

  private static final double NS = 1e9;

  /** From a veth pair's 100 µs to the third retransmission of a SYN, in seconds. */
  private static final List<Double> HANDSHAKE_BOUNDS =
      List.of(
          0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
          3.0, 7.0);

  /** From a node's own cache to a resolver's second timeout, in seconds. */
  private static final List<Double> LOOKUP_BOUNDS =
      List.of(
          0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
          10.0);

  private final PairTable pairs;
  private final Latencies handshakes;
  private final Latencies lookups;

  public FlowMetrics() {
    this(PairTable.MAX_PAIRS, MAX_HISTOGRAMS);
  }

  FlowMetrics(int maxPairs, int maxHistograms) {
    pairs = new PairTable(maxPairs);
    handshakes = new Latencies(Metric.TCP_HANDSHAKE, maxHistograms, HANDSHAKE_BOUNDS);
    lookups = new Latencies(Metric.DNS_LOOKUP, maxHistograms, LOOKUP_BOUNDS);
  }

  public void add(Increment increment) {
    Flow flow = increment.flow();
    pairs.add(increment);
    Party source = Party.of(flow.source());
    if (increment.handshake()) {
      Party destination = Party.of(flow.destination());
      handshakes.record(
          List.of(source.namespace(), source.name(), destination.namespace(), destination.name()),
          (double) flow.tcp().map(TcpQuality::handshakeNs).orElse(0L) / NS);
    }
    if (increment.first()) {
      flow.dns()
          .filter(dns -> dns.latencyNs() >= 0)
          .ifPresent(
              dns ->
                  lookups.record(
                      List.of(source.namespace(), source.name(), dns.rcodeName()),
                      (double) dns.latencyNs() / NS));
    }
  }

  public PairTable pairs() {
    return pairs;
  }

  void snapshot(Samples samples) {
    pairs.snapshot(samples);
    samples.add(
        Metric.LATENCIES_OVERFLOWED,
        List.of(),
        (double) (handshakes.overflowed() + lookups.overflowed()));
  }

  List<Latencies> histograms() {
    return List.of(handshakes, lookups);
  }
}
