package io.podhop.cli.render;

import io.podhop.model.ObservationPoint;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a capture says on the terminal, and the names and comments in its file. */
public final class CaptureText {
  /** For a file, which is UTF-8 whatever this terminal is. */
  private static final Style IN_FILE = new Style(true, false, true);

  private CaptureText() {}

  /** An interface's name in the file: {@code shop/web-0 eth0 (node-a)}, {@code node-a eth1}. */
  public static String interfaceName(ObservationPoint point) {
    boolean ofPod = point.role() == Role.POD_ETH0 || point.role() == Role.HOST_VETH;
    String name =
        ofPod && !point.owner().isEmpty()
            ? point.owner() + " " + point.interfaceName() + " (" + point.node() + ")"
            : point.node() + " " + point.interfaceName();
    return IN_FILE.text(name);
  }

  /** What the interface is. */
  public static String interfaceDescription(ObservationPoint point) {
    String what =
        switch (point.role()) {
          case POD_ETH0 -> "the pod's own interface, in its network namespace";
          case HOST_VETH -> "the host's end of the pod's veth";
          case ENI ->
              (point.owner().isEmpty() ? "ENI" : "ENI " + point.owner())
                  + ", packets of the pods only";
          case BRANCH_ENI -> "branch ENI of one pod";
          case FILE -> "a capture file";
        };
    return IN_FILE.text(what);
  }

  /** The comment on a connection's first packet. */
  public static String comment(Trace trace) {
    Verdict verdict = trace.verdict();
    List<String> parts = new ArrayList<>();
    parts.add(verdict.id().toString());
    if (trace.handshakeNs() > 0) {
      String what =
          trace.client().protocol() == Protocol.TCP
              ? "handshake "
              : trace.client().protocol().isIcmp() ? "round trip " : "answer after ";
      parts.add(what + Times.of(trace.handshakeNs(), IN_FILE));
    }
    if (trace.retransmits() > 0) {
      parts.add(trace.retransmits() + (trace.retransmits() == 1 ? " retransmit" : " retransmits"));
    }
    if (verdict.id() != Verdict.Id.DELIVERED) {
      parts.add(verdict.cause());
      parts.add(verdict.grade().toString());
    }
    parts.addAll(verdict.degraded());
    parts.add("trace " + trace.traceId());
    return IN_FILE.text("podhop: " + String.join(", ", parts));
  }

  /** One line while it runs; it fits 79 columns. */
  public static String progress(long packets, long bytes, long secondsLeft) {
    return "%,d packets, %sB, %d s left".formatted(packets, Amounts.of(bytes), secondsLeft);
  }

  /** One line while verdicts are awaited that somebody may not want to wait for. */
  public static String ending() {
    return "ending; waiting for verdicts, Ctrl-C again ends without them";
  }

  /**
   * The last line.
   *
   * @param ended why, in one or two words
   */
  public static String summary(
      String file, long packets, long bytes, long dropped, List<Trace> traces, String ended) {
    StringBuilder text = new StringBuilder();
    text.append("%s: %,d packets, %sB".formatted(file, packets, Amounts.of(bytes)));
    if (!traces.isEmpty()) {
      text.append(", ").append(traces.size());
      text.append(traces.size() == 1 ? " connection (" : " connections (");
      Map<Verdict.Id, Integer> counts = new TreeMap<>();
      traces.forEach(trace -> counts.merge(trace.verdict().id(), 1, Integer::sum));
      List<String> parts = new ArrayList<>();
      counts.forEach((id, count) -> parts.add(count + " " + id));
      text.append(String.join(", ", parts)).append(')');
    }
    if (dropped > 0) {
      text.append(", %,d packets dropped on their way".formatted(dropped));
    }
    return text.append("; ended by ").append(ended).toString();
  }
}
