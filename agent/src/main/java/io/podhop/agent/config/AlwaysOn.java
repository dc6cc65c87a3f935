package io.podhop.agent.config;

import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Optional;

/**
 * How the agent watches all the time.
 *
 * @param sampleShare share of healthy connections that become traces, 0 to 1
 * @param maxTraces per second
 * @param ringBytes memory of all capture rings together
 * @param maxConnections in the flow table
 * @param metricsListen where metrics are served
 */
public record AlwaysOn(
    Mode mode,
    double sampleShare,
    int maxTraces,
    long ringBytes,
    int maxConnections,
    Optional<InetSocketAddress> metricsListen) {
  private static final long SMALLEST_RING = 1L << 20;
  private static final long LARGEST_RING = 8L << 30;
  private static final int LARGEST_TABLE = 1 << 24;

  /** How pods are watched all the time. */
  public enum Mode {
    /** They are not; traces on demand only. */
    OFF,
    /**
     * Only packets that open and close connections, DNS and ICMP; traffic, and other UDP, is
     * conntrack's count.
     */
    EDGES,
    /** The headers of every packet. */
    HEADERS;

    /** As written everywhere: {@code headers}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Traces on demand only. */
  public static final AlwaysOn OFF =
      new AlwaysOn(Mode.OFF, 0, 0, SMALLEST_RING, 1_024, Optional.empty());

  /**
   * @throws IllegalArgumentException in words for an operator
   */
  public AlwaysOn {
    if (maxTraces < 0 || maxTraces > 10_000) {
      throw new IllegalArgumentException(
          "--max-traces is per second, 0 to 10000, not " + maxTraces);
    }
    if (ringBytes < SMALLEST_RING || ringBytes > LARGEST_RING) {
      throw new IllegalArgumentException("--ring-memory is from 1MB to 8GB");
    }
    if (maxConnections < 1_024 || maxConnections > LARGEST_TABLE) {
      throw new IllegalArgumentException(
          "--max-connections is from 1024 to " + LARGEST_TABLE + ", not " + maxConnections);
    }
  }

  /** Whether nothing is watched but what a trace asks for. */
  public boolean isOff() {
    return mode == Mode.OFF;
  }
}
