package io.podhop.agent.cri;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sockets behind which no container runtime answers: a warning in time, whatever comes. */
@Timeout(value = 10, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SilentRuntimeTest {
  @TempDir private Path directory;

  @Test
  void read_socketThatNobodyListensOn_warns() throws IOException {
    listen().close();
    assertWarning("Connection refused");
  }

  @Test
  void read_fileThatIsNoSocket_warns() throws IOException {
    Files.createFile(socket());
    assertWarning("Connection refused");
  }

  @Test
  void read_serverThatSaysNothing_warnsAtTheDeadline() throws IOException {
    try (ServerSocketChannel _ = listen();
        CriReader reader = new CriReader(socket())) {
      assertThat(reader.read().warnings()).singleElement().asString().contains("within 2000 ms");
      long start = System.nanoTime();
      assertThat(reader.read().warnings()).singleElement().asString().contains("within 500 ms");
      assertThat(System.nanoTime() - start).isBetween(400_000_000L, 1_500_000_000L);
    }
  }

  @Test
  void read_serverThatHangsUp_warns() throws IOException {
    try (ServerSocketChannel server = listen()) {
      answerWith(server, new byte[0]);
      assertWarning("");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void read_serverThatSpeaksNonsense_warns(long seed) throws IOException {
    byte[] nonsense = new byte[4096];
    new Random(seed).nextBytes(nonsense);
    try (ServerSocketChannel server = listen()) {
      answerWith(server, nonsense);
      assertWarning("");
    }
  }

  private void assertWarning(String reason) {
    try (CriReader reader = new CriReader(socket())) {
      for (int time = 0; time < 2; time++) {
        CriSnapshot snapshot = reader.read();
        assertThat(snapshot.sandboxes()).isEmpty();
        assertThat(snapshot.warnings())
            .singleElement()
            .asString()
            .contains("did not list its pods on " + socket(), reason);
      }
    }
  }

  private ServerSocketChannel listen() throws IOException {
    return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(socket()));
  }

  private static void answerWith(ServerSocketChannel server, byte[] answer) {
    Thread.ofPlatform().daemon().start(() -> answerAll(server, answer));
  }

  private static void answerAll(ServerSocketChannel server, byte[] answer) {
    while (server.isOpen()) {
      try (SocketChannel client = server.accept()) {
        client.write(ByteBuffer.wrap(answer));
      } catch (IOException _) {
        continue;
      }
    }
  }

  private Path socket() {
    return directory.resolve("cri.sock");
  }
}
