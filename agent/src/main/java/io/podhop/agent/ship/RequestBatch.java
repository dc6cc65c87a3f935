package io.podhop.agent.ship;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.util.function.Consumer;

/**
 * Puts requests that are made within a short time into one, because a call costs more than what it
 * carries. One thread owns it.
 */
public final class RequestBatch {
  /** How long the first of a batch waits for others. */
  public static final long MAX_WAIT_NS = 200_000_000L;

  /** Well below the 4 MB that a gRPC server takes by default. */
  static final int MAX_BYTES = 256 * 1024;

  private final Consumer<ExportTraceServiceRequest> ship;
  private final ExportTraceServiceRequest.Builder waiting = ExportTraceServiceRequest.newBuilder();
  private long sinceNs;
  private int bytes;

  public RequestBatch(Consumer<ExportTraceServiceRequest> ship) {
    this.ship = ship;
  }

  /**
   * @param nowNs on the clock of {@link #flush(long)}
   */
  public void add(ExportTraceServiceRequest request, long nowNs) {
    int more = request.getSerializedSize();
    if (bytes > 0 && bytes + more > MAX_BYTES) {
      flush();
    }
    sinceNs = bytes == 0 ? nowNs : sinceNs;
    bytes += more;
    waiting.addAllResourceSpans(request.getResourceSpansList());
  }

  /** Ships what has waited long enough. */
  public void flush(long nowNs) {
    if (bytes > 0 && nowNs - sinceNs >= MAX_WAIT_NS) {
      flush();
    }
  }

  /** Ships what waits. */
  public void flush() {
    if (bytes > 0) {
      ship.accept(waiting.build());
      waiting.clear();
      bytes = 0;
    }
  }
}
