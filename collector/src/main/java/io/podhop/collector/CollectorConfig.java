package io.podhop.collector;

import io.podhop.collector.export.OtlpEndpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a collector is set up.
 *
 * @param otlpEndpoints every one of them gets every trace
 * @param store absent to keep traces in memory only
 * @param traceLink where a trace can be looked at, with {@code {traceId}} in it; empty for none
 */
record CollectorConfig(
    List<ListenAddress> listen,
    List<OtlpEndpoint> otlpEndpoints,
    Optional<Path> store,
    String traceLink) {
  CollectorConfig {
    listen = List.copyOf(listen);
    otlpEndpoints = List.copyOf(otlpEndpoints);
    if (listen.isEmpty()) {
      throw new IllegalArgumentException("a collector needs an address to listen on");
    }
    if (!traceLink.isEmpty() && !traceLink.contains("{traceId}")) {
      throw new IllegalArgumentException("a trace link needs {traceId} in it: " + traceLink);
    }
  }
}
