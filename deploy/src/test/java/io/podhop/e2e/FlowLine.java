package io.podhop.e2e;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** A line of {@code podhop flows -o json}, by its documented keys. */
record FlowLine(
    String traceId,
    String verdict,
    List<String> degraded,
    String cause,
    String protocol,
    End source,
    End destination,
    Tuple tuple,
    String end,
    long rttNs,
    Traffic request,
    Traffic reply,
    @Nullable Dns dns,
    Point point,
    String mode,
    long dropped) {
  record End(String address, int port, String label, String kind) {}

  record Tuple(String source, int sourcePort, String destination, int destinationPort) {}

  record Traffic(long packets, long bytes, long payloadBytes) {}

  record Dns(String name, int rcode, long latencyNs) {}

  record Point(String node, String role, String owner) {}

  /** All lines of an output. */
  static List<FlowLine> read(String out) {
    return out.lines()
        .filter(line -> line.startsWith("{\"startNs\""))
        .map(line -> JsonMapper.shared().readValue(line, FlowLine.class))
        .toList();
  }

  /** As the pod saw it that began the connection. */
  boolean isAtSource(String pod) {
    return point.role().equals("POD_ETH0")
        && point.owner().equals(pod)
        && source.label().equals(pod);
  }
}
