package io.podhop.cli.client;

import io.podhop.model.Protocol;
import java.time.Duration;

/**
 * What to trace.
 *
 * @param namespace for ends that name none
 * @param port 0 for the service's own, else 80
 * @param count connections to make or to wait for
 * @param watch wait for live traffic instead of probing
 * @param timeout per probe, or for the whole watch
 */
public record TraceQuestion(
    Ends ends,
    String namespace,
    int port,
    Protocol protocol,
    int count,
    boolean watch,
    Duration timeout) {
  /** Both ends as typed. */
  public record Ends(String source, String destination) {}
}
