package io.podhop.collector.stitch;

import io.podhop.collector.stitch.Cause.Proof;
import io.podhop.model.NodeEvidence.Socket;
import io.podhop.model.Protocol;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;

/** Why a pod does not answer what has reached its interface: its sockets, and its own counters. */
final class PodStack {
  private final String pod;
  private final Protocol protocol;
  private final int port;
  private final Looked looked;

  private PodStack(Findings findings) {
    Ends.End target = findings.ends().target();
    this.pod = target.pod();
    this.protocol = findings.wire().protocol();
    this.port = findings.wire().destinationPort();
    this.looked = Looked.on(findings, target.node());
  }

  static Optional<Cause> of(Findings findings) {
    PodStack stack = new PodStack(findings);
    return stack.pod.isEmpty() || stack.protocol.isIcmp() ? Optional.empty() : stack.cause();
  }

  /** A process of the target that is stopped although its kernel still answers for it. */
  static Optional<String> stoppedProcess(Findings findings) {
    PodStack stack = new PodStack(findings);
    return stack
        .sockets()
        .filter(Socket::stopped)
        .map(_ -> "the process that listens on " + stack.where() + " is stopped (SIGSTOP)")
        .filter(_ -> !stack.pod.isEmpty());
  }

  private Optional<Cause> cause() {
    Optional<Cause> full = overflow().or(this::bufferFull);
    Optional<Cause> stopped = stopped();
    return stopped.isPresent() && full.isPresent()
        ? Optional.of(both(stopped.get(), full.get()))
        : stopped.or(() -> full).or(this::nobody);
  }

  private static Cause both(Cause stopped, Cause full) {
    return cause(
        stopped.sentence() + ", and " + full.sentence(),
        Cause.joined(full.lines(), stopped.lines()),
        stopped.advice());
  }

  private Optional<Socket> sockets() {
    return looked.sockets(pod).stream()
        .filter(s -> s.protocol() == protocol && s.port() == port)
        .filter(s -> protocol == Protocol.UDP || s.listening())
        .findFirst();
  }

  private Optional<Cause> stopped() {
    return sockets()
        .filter(Socket::stopped)
        .map(
            socket ->
                cause(
                    "the process that listens on " + where() + " is stopped (SIGSTOP)",
                    List.of(line(socket)),
                    Advice.STOPPED));
  }

  private Optional<Cause> overflow() {
    if (protocol != Protocol.TCP) {
      return Optional.empty();
    }
    Optional<String> counter = moved("TcpExtListenOverflows");
    Optional<Socket> full =
        sockets().filter(s -> s.limit() >= 0 && s.queued() > s.limit() || counter.isPresent());
    return full.isEmpty() && counter.isEmpty()
        ? Optional.empty()
        : Optional.of(
            cause(
                "the accept queue of " + where() + " is full: the process does not accept",
                lines(full, counter),
                Advice.ACCEPT_QUEUE));
  }

  private Optional<Cause> bufferFull() {
    if (protocol != Protocol.UDP) {
      return Optional.empty();
    }
    Optional<String> counter = moved("UdpRcvbufErrors");
    Optional<Socket> full = sockets().filter(s -> counter.isPresent());
    return counter.isEmpty()
        ? Optional.empty()
        : Optional.of(
            cause(
                "the receive buffer of " + where() + " is full: the process does not read",
                lines(full, counter),
                Advice.SLOW_READER));
  }

  private Optional<Cause> nobody() {
    return looked.readSockets(pod) && sockets().isEmpty()
        ? Optional.of(
            cause(
                "nothing listens on " + where(),
                List.of("no socket of " + pod + " is bound to " + protocol + "/" + port),
                Advice.LISTEN))
        : Optional.empty();
  }

  private Optional<String> moved(String counter) {
    return looked
        .moved(pod, counter)
        .map(change -> "%s of %s rose by %d".formatted(counter, pod, change.moved()));
  }

  private static Cause cause(String sentence, List<String> lines, String advice) {
    return new Cause(Verdict.Id.NO_ANSWER, sentence, lines, advice, Proof.ON_RECORD);
  }

  private List<String> lines(Optional<Socket> socket, Optional<String> counter) {
    return java.util.stream.Stream.concat(counter.stream(), socket.stream().map(this::line))
        .toList();
  }

  private String line(Socket socket) {
    String queue = socket.limit() < 0 ? "" : " of " + socket.limit();
    return "socket %s %s:%d of %s: %d%s %s, %d dropped"
        .formatted(
            protocol,
            socket.address(),
            socket.port(),
            pod,
            socket.queued(),
            queue,
            protocol == Protocol.TCP ? "connections wait to be accepted" : "bytes wait to be read",
            socket.dropped());
  }

  private String where() {
    return protocol + "/" + port + " in pod " + pod;
  }
}
