package io.podhop.cli.client;

import java.time.Duration;
import java.util.List;

/**
 * Whose packets to capture.
 *
 * @param namespace for pods that name none
 * @param filter pcap-filter(7); empty is everything
 * @param maxBytes of packet data over all nodes
 */
public record CaptureQuestion(
    List<String> pods,
    String namespace,
    String filter,
    int snapshotBytes,
    long maxBytes,
    Duration time) {
  public CaptureQuestion {
    pods = List.copyOf(pods);
  }
}
