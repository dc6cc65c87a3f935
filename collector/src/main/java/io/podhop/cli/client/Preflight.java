package io.podhop.cli.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;

/**
 * Asks an address whether it speaks HTTP/2 at all (RFC 9113, 3.4): the client's preface and an
 * empty SETTINGS frame, which every server must answer with its own SETTINGS. A channel would tell
 * a dead collector from a slow one only by waiting, and loading it takes longer than this.
 */
final class Preflight {
  private static final int CONNECT_LIMIT_MS = 1000;

  /** Somebody is there: a collector that has just started on a busy machine is waited for. */
  private static final int ANSWER_LIMIT_MS = 5000;

  private static final int FRAME_HEADER_BYTES = 9;
  private static final int TYPE_OFFSET = 3;
  private static final byte TYPE_SETTINGS = 4;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(StandardCharsets.US_ASCII);

  private Preflight() {}

  /**
   * Returns when something answers there in HTTP/2.
   *
   * @throws CollectorException otherwise: within a second when nobody accepts the connection,
   *     within five when nobody answers on it
   */
  static void check(CollectorAddress address) throws CollectorException {
    try {
      InetAddress[] candidates = InetAddress.getAllByName(address.host());
      check(candidates, address.port());
    } catch (UnknownHostException e) {
      throw Failures.unreachable("unknown host", e, address);
    } catch (SocketTimeoutException e) {
      throw Failures.unreachable("no answer in time", e, address);
    } catch (ConnectException e) {
      String message = String.valueOf(e.getMessage());
      String reason = message.contains("refused") ? "connection refused" : message;
      throw Failures.unreachable(reason, e, address);
    } catch (IOException e) {
      throw Failures.unreachable(String.valueOf(e.getMessage()), e, address);
    }
  }

  private static void check(InetAddress[] candidates, int port) throws IOException {
    int limitMs = Math.max(1, CONNECT_LIMIT_MS / candidates.length);
    IOException failure = new UnknownHostException();
    for (InetAddress candidate : candidates) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(candidate, port), limitMs);
        exchange(socket);
        return;
      } catch (IOException e) {
        failure = e;
      }
    }
    throw failure;
  }

  private static void exchange(Socket socket) throws IOException {
    socket.setSoTimeout(ANSWER_LIMIT_MS);
    socket.getOutputStream().write(PREFACE);
    byte[] answer = socket.getInputStream().readNBytes(FRAME_HEADER_BYTES);
    if (answer.length < FRAME_HEADER_BYTES || answer[TYPE_OFFSET] != TYPE_SETTINGS) {
      throw new IOException("what answers there does not speak gRPC");
    }
  }
}
