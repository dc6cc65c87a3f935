package io.podhop.collector.trace;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Whose packets somebody wants.
 *
 * @param pods as typed: {@code namespace/name}, {@code name} or an address
 * @param namespace for pods that name none
 * @param filter pcap-filter(7); empty is everything
 * @param snapshotBytes kept of each packet
 * @param maxBytes of packet data over all nodes
 */
public record CaptureAsk(
    List<String> pods,
    String namespace,
    String filter,
    int snapshotBytes,
    long maxBytes,
    Duration time) {
  /** Pods of one capture. */
  public static final int MAX_PODS = 32;

  public static final int MAX_SNAPSHOT_BYTES = 65_535;
  public static final long MAX_BYTES = 512L << 20;
  public static final Duration LONGEST = Duration.ofMinutes(10);

  /** What is meant when nothing is asked for. */
  static final long DEFAULT_BYTES = 64L << 20;

  static final Duration DEFAULT_TIME = Duration.ofSeconds(30);

  private static final int MIN_SNAPSHOT_BYTES = 64;
  private static final int MAX_FILTER_LENGTH = 4_096;

  public CaptureAsk {
    pods = List.copyOf(pods);
  }

  /** From a request's numbers, where 0 stands for the default. */
  public static CaptureAsk of(
      List<String> pods,
      String namespace,
      String filter,
      int snapshotBytes,
      long maxBytes,
      int maxMs) {
    return new CaptureAsk(
        pods,
        namespace,
        filter,
        snapshotBytes == 0 ? MAX_SNAPSHOT_BYTES : snapshotBytes,
        maxBytes == 0 ? DEFAULT_BYTES : maxBytes,
        maxMs == 0 ? DEFAULT_TIME : Duration.ofMillis(Integer.toUnsignedLong(maxMs)));
  }

  /** What is wrong with it, for the person who asked; empty when nothing is. */
  Optional<String> complaint() {
    if (pods.isEmpty() || pods.size() > MAX_PODS) {
      return Optional.of("a capture takes 1 to " + MAX_PODS + " pods, not " + pods.size());
    }
    if (snapshotBytes < MIN_SNAPSHOT_BYTES || snapshotBytes > MAX_SNAPSHOT_BYTES) {
      return Optional.of(
          "the snapshot length must be "
              + MIN_SNAPSHOT_BYTES
              + " to "
              + MAX_SNAPSHOT_BYTES
              + " bytes, not "
              + Integer.toUnsignedString(snapshotBytes));
    }
    if (maxBytes < 1 || maxBytes > MAX_BYTES) {
      return Optional.of("the size must be at most " + (MAX_BYTES >> 20) + " MB");
    }
    if (time.compareTo(LONGEST) > 0) {
      return Optional.of("the time must be at most " + LONGEST.toMinutes() + " minutes");
    }
    return filter.length() > MAX_FILTER_LENGTH
        ? Optional.of("a filter has at most " + MAX_FILTER_LENGTH + " characters")
        : Optional.empty();
  }
}
