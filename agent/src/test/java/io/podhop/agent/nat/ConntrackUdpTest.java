package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.NetlinkMessage;
import io.podhop.agent.linux.NetlinkRequest;
import io.podhop.agent.linux.NetlinkSocket;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** UDP among other entries of a kernel's table; {@code conntrack} is the judge. */
@Timeout(60)
class ConntrackUdpTest {
  private static final String NODE = "10.9.0.1";
  private static final int GET = 1 << 8 | 1;
  private static final int AF_INET = 2;
  private static final int MANY = 3_000;

  private NamespaceThread thread;
  private TestNamespace node;
  private TestNamespace pod;

  @BeforeEach
  void setUp() throws IOException {
    thread = new NamespaceThread(new LinuxCounters());
    node = new TestNamespace();
    pod = new TestNamespace();
    node.ip("link", "add", "eni1", "type", "veth", "peer", "name", "eth0", "netns", pod.name());
    node.ip("addr", "add", NODE + "/24", "dev", "eni1");
    node.ip("link", "set", "eni1", "up");
    pod.ip("addr", "add", "10.9.0.2/24", "dev", "eth0");
    pod.ip("link", "set", "eth0", "up");
    // Without a rule that needs it the kernel does not track at all.
    node.exec("iptables-nft", "-A", "INPUT", "-m", "conntrack", "--ctstate", "NEW", "-j", "ACCEPT");
    node.exec(
        "sysctl",
        "-qw",
        "net.netfilter.nf_conntrack_acct=1",
        "net.netfilter.nf_conntrack_timestamp=1");
  }

  @AfterEach
  void tearDown() throws IOException {
    thread.close();
    node.close();
    pod.close();
  }

  private void send(int firstPort, int count) throws IOException {
    try (DatagramSocket socket = thread.inNamespace(pod.path(), () -> new DatagramSocket())) {
      for (int port = firstPort; port < firstPort + count; port++) {
        socket.send(new DatagramPacket(new byte[9], 9, InetAddress.getByName(NODE), port));
      }
    }
  }

  @Test
  void dumpUdp_amongOthers_isEveryFieldOfIt() throws IOException {
    long beforeNs = System.currentTimeMillis() * 1_000_000;
    send(8080, 1);
    send(53, 1);
    pod.exec("ping", "-c1", "-W2", NODE);
    List<ConntrackEntry> found = new ArrayList<>();
    try (Conntrack conntrack = thread.inNamespace(node.path(), Conntrack::open)) {
      Conntrack.Dump dump =
          conntrack.dumpUdp(
              IpFamily.IPV4,
              port -> port == 53,
              (entry, startNs) -> {
                found.add(entry);
                assertThat(startNs)
                    .isBetween(beforeNs, (System.currentTimeMillis() + 1) * 1_000_000);
              });

      assertThat(dump).isEqualTo(new Conntrack.Dump(true, 0));
      assertThat(found).hasSize(1);
      ConntrackEntry entry = found.getFirst();
      assertThat(conntrack.find(entry.original()).map(ConntrackEntry::accounting))
          .contains(entry.accounting());
      assertThat(node.exec("conntrack", "-L", "-p", "udp", "--dport", "8080"))
          .contains(" sport=" + entry.original().sourcePort() + " dport=8080 packets=1 bytes=37")
          .contains("[UNREPLIED]");
      assertThat(entry.seenReply()).isFalse();
      assertThat(entry.accounting()).contains(new ConntrackEntry.Accounting(1, 37, 0, 0));
      assertThat(conntrack.dumpUdp(IpFamily.IPV6, _ -> false, (e, _) -> found.add(e)).whole())
          .isTrue();
      assertThat(found).hasSize(1);
    }
  }

  @Test
  void only_udp_isAllThatTheKernelSends() throws IOException {
    send(8080, 2);
    pod.exec("ping", "-c1", "-W2", NODE);
    assertThat(node.exec("conntrack", "-L")).contains("icmp").contains("udp");
    List<NetlinkMessage> sent = new ArrayList<>();
    try (NetlinkSocket socket =
        thread.inNamespace(
            node.path(), () -> NetlinkSocket.open(NetlinkSocket.NETLINK_NETFILTER))) {
      NetlinkRequest request = new NetlinkRequest(GET, 0).u8(AF_INET).zeros(3);
      ConntrackCodec.only(request, Protocol.UDP);
      assertThat(socket.dump(request, message -> sent.add(message.copy()))).isTrue();
    }
    assertThat(sent).hasSize(2);
  }

  @Test
  void dumpUdp_thousands_everyOneIsSeen() throws IOException {
    send(10_000, MANY);
    List<Integer> ports = new ArrayList<>();
    try (Conntrack conntrack = thread.inNamespace(node.path(), Conntrack::open)) {
      conntrack.dumpUdp(
          IpFamily.IPV4,
          port -> port == 53,
          (entry, _) -> ports.add(entry.original().destinationPort()));
    }
    assertThat(ports).hasSizeGreaterThanOrEqualTo(MANY);
    assertThat(ports.stream().distinct()).hasSize(MANY);
  }
}
