package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.judge.FlowJudge;
import io.podhop.agent.judge.Thresholds;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.agent.nat.Conntrack;
import io.podhop.agent.nat.ConntrackException;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Traffic;
import io.podhop.model.Verdict;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pods that talk UDP through a node with NAT and conntrack of its own; only the clock is made. */
@Timeout(60)
class UdpWatchTest {
  private static final IpAddress POD = IpAddress.parse("10.9.1.2");
  private static final IpAddress OTHER = IpAddress.parse("10.9.2.2");
  private static final IpAddress SERVICE = IpAddress.parse("10.100.0.54");
  private static final int PORT = 7000;

  private final FlowFeed feed = new FlowFeed();
  private final NamespaceThread thread;
  private final TestNamespace node = new TestNamespace();
  private final TestNamespace pod = new TestNamespace();
  private final TestNamespace other = new TestNamespace();
  private final PodInfo client = info("client-0", POD, pod);
  private final List<EdgePoint> edges = new ArrayList<>();
  private Instant now = Instant.now();
  private UdpWatch watch;

  UdpWatchTest() throws IOException {
    thread = new NamespaceThread(new LinuxCounters());
  }

  private static PodInfo info(String name, IpAddress address, TestNamespace namespace) {
    return new PodInfo(
        new PodRef("test", name),
        name,
        "",
        List.of(address),
        namespace.pid(),
        namespace.pid(),
        "",
        0,
        "",
        0);
  }

  @BeforeEach
  void setUp() throws IOException {
    join(pod, "eni1", POD, "10.9.1.1");
    join(other, "eni2", OTHER, "10.9.2.1");
    node.exec("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.netfilter.nf_conntrack_acct=1");
    node.exec(
        "iptables-nft",
        "-t",
        "nat",
        "-A",
        "PREROUTING",
        "-p",
        "udp",
        "-d",
        SERVICE.toString(),
        "-j",
        "DNAT",
        "--to-destination",
        OTHER + ":" + PORT);
    edges.add(new EdgePoint(Tap.pointOf("node-a", client), 0, false));
    watch = watch(() -> thread.inNamespace(node.path(), Conntrack::open));
    look(0);
  }

  private UdpWatch watch(UdpWatch.Source source) {
    return new UdpWatch(1_000, FlowTimeouts.DEFAULT, source, () -> now, feed);
  }

  private void join(TestNamespace one, String link, IpAddress address, String gateway)
      throws IOException {
    node.ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", one.name());
    node.ip("addr", "add", gateway + "/24", "dev", link);
    node.ip("link", "set", link, "up");
    one.ip("addr", "add", address + "/24", "dev", "eth0");
    one.ip("link", "set", "eth0", "up");
    one.ip("route", "add", "default", "via", gateway);
  }

  @AfterEach
  void tearDown() throws IOException {
    watch.close();
    thread.close();
    node.close();
    pod.close();
    other.close();
  }

  /** As a second's call after so many seconds. */
  private List<FlowEvent.Ended> look(int seconds) {
    now = now.plusSeconds(seconds);
    watch.look(PodSwarm.view(List.of(new PodSwarm.Pod(client, ""))), List.copyOf(edges));
    return heard();
  }

  private List<FlowEvent.Ended> heard() {
    List<FlowEvent.Ended> heard = new ArrayList<>();
    for (FlowEvent event = feed.poll(); event != null; event = feed.poll()) {
      heard.add((FlowEvent.Ended) event);
    }
    return heard;
  }

  private DatagramSocket socket(TestNamespace where, int port) throws IOException {
    return thread.inNamespace(where.path(), () -> new DatagramSocket(port));
  }

  private static void send(DatagramSocket from, IpAddress to, int port, int bytes)
      throws IOException {
    from.send(
        new DatagramPacket(new byte[bytes], bytes, new InetSocketAddress(to.toString(), port)));
  }

  private static DatagramPacket receive(DatagramSocket socket) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
    socket.setSoTimeout(5_000);
    socket.receive(packet);
    return packet;
  }

  @Test
  void look_exchangeThroughAService_isToldAsThePodSeesItWithBothCounts() throws Exception {
    try (DatagramSocket asking = socket(pod, 0);
        DatagramSocket answering = socket(other, PORT)) {
      for (int i = 0; i < 3; i++) {
        send(asking, SERVICE, 5000, 100);
        DatagramPacket asked = receive(answering);
        answering.send(new DatagramPacket(new byte[500], 500, asked.getSocketAddress()));
        receive(asking);
      }
      assertThat(look(5)).isEmpty();
      assertThat(watch.followed()).isZero();
      assertThat(look(5)).isEmpty();
      assertThat(watch.followed()).isEqualTo(1);
      node.exec("conntrack", "-D", "-p", "udp", "--dport", "5000");

      List<FlowEvent.Ended> told = look(10);

      assertThat(told).hasSize(1);
      FlowEvent.Ended ended = told.getFirst();
      assertThat(ended.point()).isEqualTo(Tap.pointOf("node-a", client));
      assertThat(ended.record().key().destination()).isEqualTo(SERVICE);
      assertThat(ended.record().key().sourcePort()).isEqualTo(asking.getLocalPort());
      assertThat(ended.record().request()).isEqualTo(new Traffic(3, 3 * 128, 0));
      assertThat(ended.record().reply()).isEqualTo(new Traffic(3, 3 * 528, 0));
      assertThat(watch.find(ended.record().key()).orElseThrow().translated().destination())
          .isEqualTo(OTHER);
      assertThat(watch.counted(UdpCounter.LOOKS)).isEqualTo(3);
    }
  }

  @Test
  void look_datagramWithoutAnswer_isNoAnswerByConntrack() throws Exception {
    try (DatagramSocket asking = socket(pod, 0);
        DatagramSocket deaf = socket(other, PORT)) {
      send(asking, OTHER, PORT, 100);
      receive(deaf);
      List<FlowEvent.Ended> told = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        told.addAll(look(10));
      }
      assertThat(told).hasSize(1);
      assertThat(told.getFirst().record().request()).isEqualTo(new Traffic(1, 128, 0));
      assertThat(new FlowJudge(told.getFirst().record(), 0, Thresholds.DEFAULT).outcome())
          .satisfies(
              outcome -> {
                assertThat(outcome.verdict()).isEqualTo(Verdict.Id.NO_ANSWER);
                assertThat(outcome.cause()).contains("UNREPLIED");
              });
    }
  }

  @Test
  void look_pointByItsHeaders_asksNothingAndEndsWhatWasOpen() throws Exception {
    try (DatagramSocket asking = socket(pod, 0)) {
      send(asking, OTHER, 9, 100);
      look(10);
      long looks = watch.counted(UdpCounter.LOOKS);
      edges.clear();
      assertThat(look(10)).hasSize(1);
      look(10);
      assertThat(watch.counted(UdpCounter.LOOKS)).isEqualTo(looks);

      edges.add(
          new EdgePoint(
              Tap.pointOf("node-a", client), now.getEpochSecond() * 1_000_000_000L, true));
      send(asking, OTHER, 9, 100);
      assertThat(look(1)).isEmpty();
      assertThat(watch.counted(UdpCounter.LOOKS)).isEqualTo(looks + 1);
      send(asking, OTHER, 9, 100);
      look(10);
      watch.close();
      assertThat(heard()).extracting(ended -> ended.record().packets()).containsExactly(1L);
    }
  }

  @Test
  void look_conntrackCannotBeAsked_waitsAndCounts() {
    UdpWatch blind =
        watch(
            () -> {
              throw new ConntrackException(
                  ConntrackException.Reason.NOT_PERMITTED, "no", new IOException());
            });
    watch.close();
    watch = blind;
    for (int i = 0; i < 31; i++) {
      look(1);
    }
    assertThat(watch.counted(UdpCounter.FAILED)).isEqualTo(2);
  }
}
