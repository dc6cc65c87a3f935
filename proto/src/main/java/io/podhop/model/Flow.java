package io.podhop.model;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One connection as one observation point saw it: a line of {@code podhop flows}.
 *
 * @param traceId of the connection, see {@link TraceIds}; empty when this point cannot tell
 * @param key in request direction, as the packets had it at this point
 * @param startNs epoch nanoseconds of the first packet here
 * @param endNs epoch nanoseconds of the last packet here
 * @param dns of a DNS exchange
 * @param tunnel the encapsulation it came in ({@code vxlan}, {@code ip-in-ip}); empty for none
 */
public record Flow(
    String traceId,
    ObservationPoint point,
    FlowKey key,
    Endpoint source,
    Endpoint destination,
    End end,
    long startNs,
    long endNs,
    Traffic request,
    Traffic reply,
    Optional<TcpQuality> tcp,
    Optional<DnsExchange> dns,
    String tunnel,
    Outcome outcome,
    Sight sight) {

  /** How the connection's record ended. */
  public enum End {
    /** It has not: the connection goes on. */
    OPEN,
    /** FIN from both ends, or a complete exchange. */
    CLOSED,
    RESET,
    /** Nothing more came for its protocol's idle time. */
    IDLE,
    /** Its place was needed for others. */
    EVICTED;

    /** As written everywhere: {@code closed}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What became of it, by this point's evidence alone: {@code no-answer} says that nothing came
   * back to this point.
   *
   * @param degraded reasons why an answered connection was not healthy; empty when it was
   * @param cause one sentence; empty when delivered
   */
  public record Outcome(Verdict.Id verdict, List<String> degraded, String cause) {
    public Outcome {
      degraded = List.copyOf(degraded);
    }

    /** Worth keeping whatever the sampling says: failed or degraded. */
    public boolean isOdd() {
      return verdict != Verdict.Id.DELIVERED || !degraded.isEmpty();
    }
  }

  /**
   * What this point was able to see of it.
   *
   * @param mode {@code headers}, {@code edges} (only the packets that open and close a connection
   *     were captured; traffic is conntrack's, and UDP other than DNS is altogether) or {@code
   *     file}
   * @param dropped packets that this point lost while the connection lived, of whichever connection
   */
  public record Sight(String mode, long dropped) {}

  /**
   * Round trip as the source's end felt it, in nanoseconds: the handshake's, else the mean; 0
   * unknown.
   */
  public long rttNs() {
    return tcp.map(t -> t.handshakeNs() >= 0 ? t.handshakeNs() : t.client().rtt().meanNs())
        .or(() -> dns.map(DnsExchange::latencyNs))
        .filter(ns -> ns >= 0)
        .orElse(0L);
  }
}
