package io.podhop.collector.stitch;

import io.podhop.model.Citation;
import io.podhop.model.ClockOffset;
import io.podhop.model.NodeEvidence;
import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.NodeEvidence.KernelDrop;
import io.podhop.model.NodeEvidence.Socket;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What one node looked up while a packet vanished on it. */
record Looked(String node, List<NodeEvidence> all) {
  /** Between the capture's clock and the tracepoint's. */
  private static final long CLOCK_SLACK_NS = 5_000_000;

  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  static Looked on(Findings findings, String node) {
    return new Looked(
        node, findings.context().looked().stream().filter(e -> e.node().equals(node)).toList());
  }

  private <T> Stream<T> each(Function<NodeEvidence, List<T>> part) {
    return all.stream().flatMap(evidence -> part.apply(evidence).stream());
  }

  /** Drops of packets of this trace, from the packet's last sighting on. */
  List<KernelDrop> dropsSince(Gap gap, ClockOffset offset, boolean far) {
    long shift = far && offset.known() ? offset.offsetNs() : 0;
    long slack = CLOCK_SLACK_NS + (far && offset.known() ? offset.errorNs() : 0);
    long from = gap.last().timeNs() + shift - slack;
    return each(NodeEvidence::drops).filter(drop -> drop.timeNs() >= from).toList();
  }

  Optional<CounterChange> moved(String scope, String counter) {
    return each(NodeEvidence::counters)
        .filter(change -> change.scope().equals(scope) && change.name().equals(counter))
        .filter(change -> change.moved() > 0)
        .findFirst();
  }

  List<Socket> sockets(String pod) {
    return each(NodeEvidence::sockets).filter(socket -> socket.pod().equals(pod)).toList();
  }

  boolean readSockets(String pod) {
    return each(NodeEvidence::socketsRead).anyMatch(pod::equals);
  }

  List<Citation> policy() {
    return each(NodeEvidence::policy).toList();
  }

  /** The lines of sysctls whose name contains a text. */
  List<String> settings(String part) {
    return each(NodeEvidence::settings)
        .map(Citation::toString)
        .filter(line -> line.contains(part))
        .toList();
  }

  /** The number in the line of a sysctl; empty when it was not read. */
  Optional<Long> number(String name) {
    return settings(name + " = ").stream()
        .map(line -> line.substring(line.indexOf('=') + 1).strip())
        .filter(text -> NUMBER.matcher(text).matches())
        .map(Long::parseLong)
        .findFirst();
  }

  List<String> unavailable() {
    return each(NodeEvidence::unavailable).map(line -> node + ": " + line).toList();
  }
}
