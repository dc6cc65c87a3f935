package io.podhop.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.model.IpAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RawIcmpSocketTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Test
  void sendEcho_peerAnswers_replyWithIdentifierAndSequence() throws IOException {
    try (TestNamespace a = new TestNamespace();
        TestNamespace b = new TestNamespace();
        NamespaceThread thread = new NamespaceThread(new LinuxCounters())) {
      connect(a, b);
      try (RawIcmpSocket v4 =
              thread.inNamespace(a.path(), () -> RawIcmpSocket.open(IpFamily.IPV4));
          RawIcmpSocket v6 =
              thread.inNamespace(a.path(), () -> RawIcmpSocket.open(IpFamily.IPV6))) {
        v4.bind(IpAddress.parse("10.9.0.1"));
        assertEchoed(v4, IpAddress.parse("10.9.0.2"));
        v6.bind(IpAddress.parse("fd09::1"));
        assertEchoed(v6, IpAddress.parse("fd09::2"));
      }
    }
  }

  @Test
  void receive_routerRefuses_errorQuotesTheEcho() throws IOException {
    try (TestNamespace a = new TestNamespace();
        TestNamespace b = new TestNamespace();
        NamespaceThread thread = new NamespaceThread(new LinuxCounters())) {
      connect(a, b);
      a.ip("route", "add", "10.10.0.0/16", "via", "10.9.0.2");
      b.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
      b.ip("route", "add", "unreachable", "10.10.0.0/16");
      try (RawIcmpSocket socket =
          thread.inNamespace(a.path(), () -> RawIcmpSocket.open(IpFamily.IPV4))) {
        socket.sendEcho(IpAddress.parse("10.10.0.1"), 0xbeef, 9, new byte[10]);

        IcmpMessage error = socket.receive(PATIENCE).orElseThrow();
        assertThat(error.isEchoReply()).isFalse();
        assertThat(error.from()).isEqualTo(IpAddress.parse("10.9.0.2"));
        assertThat(error.type()).isEqualTo(3);
        assertThat(error.code()).isEqualTo(1);
        assertThat(error.identifier()).isEqualTo(0xbeef);
        assertThat(error.sequence()).isEqualTo(9);
      }
    }
  }

  @Test
  void receive_nothingComes_empty() throws IOException {
    try (RawIcmpSocket socket = RawIcmpSocket.open(IpFamily.IPV4)) {
      socket.bind(IpAddress.parse("127.0.0.77"));

      assertThat(socket.receive(Duration.ofMillis(50))).isEmpty();
    }
  }

  @Test
  void sendEcho_noRouteOrForeignAddress_typedError() throws IOException {
    try (TestNamespace a = new TestNamespace();
        NamespaceThread thread = new NamespaceThread(new LinuxCounters());
        RawIcmpSocket socket =
            thread.inNamespace(a.path(), () -> RawIcmpSocket.open(IpFamily.IPV4))) {
      assertThatThrownBy(() -> socket.sendEcho(IpAddress.parse("10.9.9.9"), 1, 1, new byte[0]))
          .isInstanceOf(LinuxException.class)
          .hasMessageContaining("ENETUNREACH");
      assertThatThrownBy(() -> socket.bind(IpAddress.parse("10.9.9.9")))
          .isInstanceOf(LinuxException.class)
          .hasMessageContaining("EADDRNOTAVAIL");
    }
  }

  @Test
  void read_randomBytes_neverFails() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(80)];
      random.nextBytes(bytes);
      if (bytes.length > 20) {
        bytes[0] = (byte) (random.nextBoolean() ? 0x45 : 0x46);
        bytes[20] = (byte) random.nextInt(13);
      }
      IpAddress from =
          random.nextBoolean() ? IpAddress.parse("10.0.0.1") : IpAddress.parse("fd00::1");
      Optional<IcmpMessage> message = IcmpCodec.read(ByteBuffer.wrap(bytes), from);
      message.ifPresent(m -> assertThat(m.identifier()).isBetween(0, 0xffff));
    }
  }

  private static void assertEchoed(RawIcmpSocket socket, IpAddress peer) throws IOException {
    byte[] oddPayload = new byte[57];
    new Random(1).nextBytes(oddPayload);
    for (int sequence = 1; sequence <= 3; sequence++) {
      socket.sendEcho(peer, 0x8001, sequence, oddPayload);

      IcmpMessage reply = socket.receive(PATIENCE).orElseThrow();
      assertThat(reply.isEchoReply()).isTrue();
      assertThat(reply.from()).isEqualTo(peer);
      assertThat(reply.identifier()).isEqualTo(0x8001);
      assertThat(reply.sequence()).isEqualTo(sequence);
    }
  }

  private static void connect(TestNamespace a, TestNamespace b) throws IOException {
    a.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", b.name());
    for (TestNamespace each : new TestNamespace[] {a, b}) {
      String last = each == a ? "1" : "2";
      each.ip("addr", "add", "10.9.0." + last + "/24", "dev", "eth0");
      each.ip("addr", "add", "fd09::" + last + "/64", "dev", "eth0", "nodad");
      each.ip("link", "set", "eth0", "up");
    }
  }
}
