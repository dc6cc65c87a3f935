package io.podhop.agent.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.ProcFs;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.NodeEvidence.Socket;
import io.podhop.model.PodRef;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SocketReaderTest {
  private static final int PORT = 8080;
  private static final PodRef WEB = new PodRef("test", "web");
  private static final Duration BOUND = Duration.ofSeconds(30);

  private final ProcFs proc = new ProcFs(Path.of("/proc"), new LinuxCounters());
  private final List<SocketChannel> clients = new ArrayList<>();
  private TestNamespace pod;
  private NamespaceThread thread;
  private SocketReader reader;

  @BeforeEach
  void up() throws IOException {
    pod = new TestNamespace();
    thread = new NamespaceThread(new LinuxCounters());
    reader = new SocketReader(proc, thread);
  }

  @AfterEach
  void down() throws IOException {
    for (SocketChannel client : clients) {
      client.close();
    }
    thread.close();
    pod.close();
  }

  @Test
  void closedPort_nothing_otherAddressesAndFamilies_asBound() throws IOException {
    try (ServerSocketChannel other = listen("0.0.0.0", PORT + 1, 5)) {
      assertThat(other.isOpen()).isTrue();
      assertThat(read(Protocol.TCP)).isEmpty();
    }
    try (ServerSocketChannel server = listen("127.0.0.1", PORT, 5)) {
      assertThat(server.isOpen()).isTrue();
      IpAddress loopback = IpAddress.parse("127.0.0.1");
      assertThat(read(Protocol.TCP))
          .containsExactly(
              new Socket("test/web", Protocol.TCP, loopback, PORT, true, 0, 5, 0, false));
    }
    try (ServerSocketChannel server = listen("::", PORT, 5)) {
      assertThat(server.isOpen()).isTrue();
      assertThat(read(Protocol.TCP))
          .extracting(Socket::address)
          .containsExactly(IpAddress.parse("::"));
    }
  }

  @Test
  void acceptQueueFull_counterMoves_socketSaysHowFull_asSsDoes() throws IOException {
    Counters before = counters();
    try (ServerSocketChannel server = listen("0.0.0.0", PORT, 1)) {
      assertThat(server.isOpen()).isTrue();
      for (int i = 0; i < 8; i++) {
        SocketChannel client = thread.inNamespace(pod.path(), SocketChannel::open);
        clients.add(client);
        client.configureBlocking(false);
        client.connect(new InetSocketAddress("127.0.0.1", PORT));
      }
      Awaitility.await()
          .atMost(BOUND)
          .untilAsserted(
              () ->
                  assertThat(counters().since(before))
                      .extracting(CounterChange::name)
                      .contains("TcpExtListenOverflows"));

      Socket socket = read(Protocol.TCP).getFirst();

      assertThat(socket.queued()).isEqualTo(2);
      assertThat(socket.limit()).isEqualTo(1);
      assertThat(socket.dropped()).isPositive();
      String[] ss = pod.exec("ss", "-Htln", "sport", "=", ":8080").strip().split("\\s+", -1);
      assertThat(ss).startsWith("LISTEN", "2", "1");
    }
  }

  @Test
  void receiveBufferFull_dropsCounted_asSsDoes() throws IOException {
    try (DatagramChannel receiver = thread.inNamespace(pod.path(), () -> DatagramChannel.open());
        DatagramChannel sender = thread.inNamespace(pod.path(), () -> DatagramChannel.open())) {
      receiver.setOption(StandardSocketOptions.SO_RCVBUF, 8192);
      receiver.bind(new InetSocketAddress("0.0.0.0", PORT));
      assertThat(read(Protocol.UDP)).extracting(Socket::dropped).containsExactly(0L);
      for (int i = 0; i < 100; i++) {
        sender.send(ByteBuffer.allocate(512), new InetSocketAddress("127.0.0.1", PORT));
      }

      Socket socket = read(Protocol.UDP).getFirst();

      assertThat(socket.listening()).isFalse();
      assertThat(socket.dropped()).isBetween(50L, 100L);
      assertThat(socket.queued()).isPositive();
      assertThat(socket.limit()).isBetween(8192L, 65536L);
      assertThat(pod.exec("ss", "-Hulnm", "sport", "=", ":8080"))
          .contains("rb" + socket.limit(), ",d" + socket.dropped() + ")");
    }
  }

  @Test
  void holderStopped_andContinued_seenAsSuch() throws Exception {
    Process server =
        new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                pod.name(),
                javaHome("jwebserver"),
                "-b",
                "0.0.0.0",
                "-p",
                Integer.toString(PORT),
                "-d",
                "/tmp")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      Awaitility.await().atMost(BOUND).until(() -> !read(Protocol.TCP).isEmpty());
      assertThat(read(Protocol.TCP)).extracting(Socket::stopped).containsExactly(false);

      TestNamespace.run("kill", "-STOP", Long.toString(server.pid()));
      awaitStopped(true);

      TestNamespace.run("kill", "-CONT", Long.toString(server.pid()));
      awaitStopped(false);
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  @Test
  void podGone_saysSo() {
    PodPlace gone = new PodPlace(WEB, pod.pid(), 1);

    assertThatThrownBy(() -> reader.read(gone, Protocol.TCP, Set.of(PORT)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("belongs to another namespace");
  }

  private void awaitStopped(boolean expected) {
    Awaitility.await()
        .atMost(BOUND)
        .untilAsserted(
            () ->
                assertThat(read(Protocol.TCP))
                    .extracting(Socket::stopped)
                    .containsExactly(expected));
  }

  private Counters counters() {
    return new CounterReader(proc, pod.pid(), _ -> Map.of())
        .read(
            Set.of(),
            List.of(),
            List.of(),
            sentence -> {
              throw new AssertionError(sentence);
            });
  }

  private static String javaHome(String program) {
    return Path.of(System.getProperty("java.home"), "bin", program).toString();
  }

  private List<Socket> read(Protocol protocol) throws IOException {
    PodPlace place = new PodPlace(WEB, pod.pid(), proc.netnsInode(pod.pid()).orElseThrow());
    return reader.read(place, protocol, Set.of(PORT));
  }

  private ServerSocketChannel listen(String address, int port, int backlog) throws IOException {
    ServerSocketChannel server = thread.inNamespace(pod.path(), ServerSocketChannel::open);
    return server.bind(new InetSocketAddress(address, port), backlog);
  }
}
