package io.podhop.agent.probe;

import io.podhop.agent.linux.IcmpMessage;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.RawIcmpSocket;
import io.podhop.agent.probe.ProbeResult.Outcome;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.ProtocolFamily;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Opens each socket on the namespace thread, where it becomes the pod's for good, and uses it from
 * the caller's thread. Blocks its caller for at most the timeout.
 */
public final class Prober {
  private static final int DNS_PORT = 53;

  private final NamespaceThread namespaces;

  public Prober(NamespaceThread namespaces) {
    this.namespaces = namespaces;
  }

  /**
   * Sends one probe.
   *
   * @param namespace path of the network namespace to send from
   * @param port ignored for ICMP
   */
  public ProbeResult probe(
      Path namespace, Protocol protocol, IpAddress destination, int port, Duration timeout) {
    long start = System.nanoTime();
    Attempt attempt = new Attempt(namespace, destination, port, timeout, start);
    try {
      return switch (protocol) {
        case TCP -> connect(attempt);
        case UDP -> exchange(attempt);
        case ICMP, ICMPV6 -> echo(attempt);
      };
    } catch (IOException e) {
      return attempt.result(Outcome.FAILED, 0, String.valueOf(e.getMessage()));
    }
  }

  private ProbeResult connect(Attempt attempt) throws IOException {
    try (SocketChannel channel =
        namespaces.inNamespace(attempt.namespace, () -> SocketChannel.open(attempt.family()))) {
      channel.bind(null);
      int port = channel.socket().getLocalPort();
      try {
        channel.socket().connect(attempt.target(), attempt.timeoutMs());
        return attempt.result(Outcome.ANSWERED, port, "");
      } catch (SocketTimeoutException e) {
        return attempt.result(Outcome.TIMEOUT, port, "");
      } catch (ConnectException | NoRouteToHostException e) {
        return attempt.result(Outcome.REFUSED, port, String.valueOf(e.getMessage()));
      }
    }
  }

  private ProbeResult exchange(Attempt attempt) throws IOException {
    try (DatagramChannel channel =
        namespaces.inNamespace(attempt.namespace, () -> DatagramChannel.open(attempt.family()))) {
      channel.connect(attempt.target());
      int port = channel.socket().getLocalPort();
      try {
        channel.write(attempt.port == DNS_PORT ? DnsQuestion.message(port) : payload());
        channel.socket().setSoTimeout(attempt.timeoutMs());
        channel.socket().receive(new java.net.DatagramPacket(new byte[2048], 2048));
        return attempt.result(Outcome.ANSWERED, port, "");
      } catch (SocketTimeoutException e) {
        return attempt.result(Outcome.TIMEOUT, port, "");
      } catch (PortUnreachableException e) {
        return attempt.result(Outcome.REFUSED, port, "port unreachable");
      }
    }
  }

  private ProbeResult echo(Attempt attempt) throws IOException {
    int identifier = ThreadLocalRandom.current().nextInt(1, 1 << 16);
    IpFamily family = IpFamily.of(attempt.destination);
    try (RawIcmpSocket socket =
        namespaces.inNamespace(attempt.namespace, () -> RawIcmpSocket.open(family))) {
      socket.sendEcho(attempt.destination, identifier, 1, payload().array());
      for (Duration left = attempt.left(); !left.isNegative(); left = attempt.left()) {
        Optional<IcmpMessage> message = socket.receive(left);
        if (message.isPresent() && message.get().identifier() == identifier) {
          IcmpMessage answer = message.get();
          return answer.isEchoReply()
              ? attempt.result(Outcome.ANSWERED, identifier, "")
              : attempt.result(Outcome.REFUSED, identifier, "ICMP error from " + answer.from());
        }
      }
      return attempt.result(Outcome.TIMEOUT, identifier, "");
    }
  }

  private static ByteBuffer payload() {
    return ByteBuffer.wrap("podhop probe\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  /** One probe's parameters, and the clock it started on. */
  record Attempt(
      Path namespace, IpAddress destination, int port, Duration timeout, long startNanoTime) {
    ProtocolFamily family() {
      return destination.isIpv4() ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
    }

    InetSocketAddress target() throws IOException {
      return new InetSocketAddress(InetAddress.getByAddress(destination.toBytes()), port);
    }

    Duration left() {
      return timeout.minusNanos(System.nanoTime() - startNanoTime);
    }

    int timeoutMs() {
      return Math.clamp(timeout.toMillis(), 1, 600_000);
    }

    ProbeResult result(Outcome outcome, int sourcePort, String error) {
      return new ProbeResult(
          outcome, sourcePort, error, Duration.ofNanos(System.nanoTime() - startNanoTime));
    }
  }
}
