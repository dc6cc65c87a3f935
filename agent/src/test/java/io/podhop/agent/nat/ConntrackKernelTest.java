package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.podhop.agent.linux.Commands;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A node between a pod and the world, with the CNI's real rules; {@code conntrack} is the judge.
 */
@Timeout(120)
class ConntrackKernelTest {
  private static final IpAddress POD = IpAddress.parse("10.1.2.30");
  private static final IpAddress WORLD = IpAddress.parse("203.0.113.10");
  private static final IpAddress PRIMARY = IpAddress.parse("10.1.0.10");
  private static final IpAddress ENDPOINT = IpAddress.parse("10.1.1.21");
  private static final IpAddress SERVICE = IpAddress.parse("172.20.0.7");

  private NamespaceThread thread;
  private TestNamespace node;
  private TestNamespace pod;
  private TestNamespace world;

  @TempDir Path scratch;

  @BeforeEach
  void setUp() throws IOException {
    thread = new NamespaceThread(new LinuxCounters());
    node = new TestNamespace();
    pod = new TestNamespace();
    world = new TestNamespace();
    join(pod, "eni1", POD);
    join(world, "eth0", WORLD);
    node.ip("addr", "add", PRIMARY + "/32", "dev", "eth0");
    node.ip("route", "add", "default", "dev", "eth0");
    world.ip("addr", "add", ENDPOINT + "/32", "dev", "lo");
    world.ip("addr", "add", "10.1.77.1/32", "dev", "lo");
    node.exec("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.netfilter.nf_conntrack_acct=1");
  }

  @AfterEach
  void tearDown() throws IOException {
    thread.close();
    node.close();
    pod.close();
    world.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"iptables-legacy-restore", "iptables-nft-restore"})
  void find_realConnectionsThroughRealNat_everyFieldAsConntrackSays(String restore)
      throws Exception {
    load(restore, RuleSets.CURRENT);
    try (Conntrack conntrack = thread.inNamespace(node.path(), Conntrack::open);
        Echo echo = new Echo();
        Socket tcp = podSocket()) {
      tcp.connect(new InetSocketAddress(WORLD.toString(), Echo.PORT), 5000);
      udp(WORLD, Echo.PORT);
      pod.exec("ping", "-c1", "-W2", WORLD.toString());

      List<ConntrackEntry> dumped = conntrack.dump(IpFamily.IPV4, _ -> true, 1000);
      List<ConntrackEntry> said =
          tool("conntrack", "-L").lines().map(l -> ConntrackText.parse(l).orElseThrow()).toList();
      assertThat(dumped).hasSize(3);
      assertThat(dumped.stream().map(e -> still(e, e.use())))
          .containsExactlyInAnyOrderElementsOf(said.stream().map(e -> still(e, e.use())).toList());
      assertThat(timeoutsByConnection(dumped))
          .allSatisfy(
              (key, seconds) ->
                  assertThat(seconds).isCloseTo(timeoutsByConnection(said).get(key), within(5L)));
      for (ConntrackEntry entry : dumped) {
        assertThat(entry.original().source()).isEqualTo(POD);
        assertThat(entry.translated().source()).isEqualTo(PRIMARY);
        assertThat(entry.mark()).isEqualTo(0x80);
        assertThat(entry.accounting().orElseThrow().originalPackets()).isPositive();
        assertThat(conntrack.find(entry.original()).map(e -> still(e, 0)))
            .contains(still(entry, 0));
        assertThat(conntrack.find(entry.replyTuple()).map(e -> still(e, 0)))
            .contains(still(entry, 0));
        assertThat(ConntrackText.parse(entry.text())).contains(entry);
      }
      assertThat(conntrack.dump(IpFamily.IPV4, _ -> true, 1)).hasSize(1);
      assertThat(conntrack.dump(IpFamily.IPV6, _ -> true, 9)).isEmpty();
      assertThat(echo.accepted()).isPositive();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "iptables-legacy-restore, 203.0.113.10, false",
    "iptables-nft-restore, 203.0.113.10, false",
    "iptables-nft-restore, 203.0.113.10, true",
    "iptables-legacy-restore, 10.1.77.1, false",
    "iptables-nft-restore, 10.1.77.1, true",
    "iptables-legacy-restore, 172.20.0.7, false",
    "iptables-nft-restore, 172.20.0.7, false",
    "iptables-nft-restore, 172.20.0.7, true",
  })
  void predict_realPacket_isWhatTheKernelDid(String restore, String target, boolean nativeMark)
      throws Exception {
    load(restore, oneEndpoint(nativeMark ? RuleSets.WITHOUT_CONNMARK : RuleSets.CURRENT));
    if (nativeMark) {
      Path file = Files.writeString(scratch.resolve("nft"), RuleSets.NATIVE);
      node.exec("nft", "-f", file.toString());
    }
    int port = target.equals(SERVICE.toString()) ? 5432 : Echo.PORT;
    try (Conntrack conntrack = thread.inNamespace(node.path(), Conntrack::open);
        Echo echo = new Echo();
        Socket tcp = podSocket()) {
      tcp.connect(new InetSocketAddress(target, port), 5000);
      FlowKey sent =
          new FlowKey(Protocol.TCP, POD, tcp.getLocalPort(), IpAddress.parse(target), port);
      ConntrackEntry kernel = conntrack.find(sent).orElseThrow();
      NatSnapshot rules = read();

      NatPrediction before =
          NatEvaluator.prerouting(rules, new NatQuery(sent, "eni1", "", Set.of(PRIMARY), 0));
      FlowKey routed = afterDnat(sent, before);
      NatPrediction after =
          NatEvaluator.postrouting(
              rules, new NatQuery(routed, "", "eth0", Set.of(PRIMARY), before.fwmark()));
      IpAddress source =
          after.outcome() instanceof NatPrediction.Snat snat ? snat.to() : routed.source();

      assertThat(rules.warnings()).isEmpty();
      assertThat(routed.destination()).isEqualTo(kernel.translated().destination());
      assertThat(routed.destinationPort()).isEqualTo(kernel.translated().destinationPort());
      assertThat(source).isEqualTo(kernel.translated().source());
      assertThat(before.fwmark() & 0x80).isEqualTo(kernel.mark() & 0x80);
      assertThat(NatEvaluator.citeSnat(rules, routed, "eth0", source))
          .singleElement()
          .extracting(Citation::place)
          .isEqualTo("nat/AWS-SNAT-CHAIN-0");
      assertThat(NatEvaluator.citeDnat(rules, sent, routed.destination(), routed.destinationPort()))
          .hasSize(kernel.destinationTranslated() ? 3 : 0);
      assertThat(echo.accepted()).isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"203.0.113.10", "10.1.77.1"})
  void predict_nativeTableBehindDnat_markedAsTheKernelDid(String endpoint) throws Exception {
    load(
        "iptables-nft-restore",
        // Without mangle, whose rules mark the connection as well when it is answered.
        oneEndpoint(RuleSets.WITHOUT_CONNMARK.replaceFirst("(?s)\\*mangle.*", ""))
            .replace(ENDPOINT + ":5432", endpoint + ":" + Echo.PORT));
    Path file = Files.writeString(scratch.resolve("nft"), RuleSets.NATIVE);
    node.exec("nft", "-f", file.toString());
    try (Conntrack conntrack = thread.inNamespace(node.path(), Conntrack::open);
        Echo echo = new Echo();
        Socket tcp = podSocket()) {
      tcp.connect(new InetSocketAddress(SERVICE.toString(), 5432), 5000);
      FlowKey sent = new FlowKey(Protocol.TCP, POD, tcp.getLocalPort(), SERVICE, 5432);
      ConntrackEntry kernel = conntrack.find(sent).orElseThrow();
      NatPrediction said =
          NatEvaluator.prerouting(read(), new NatQuery(sent, "eni1", "", Set.of(PRIMARY), 0));

      assertThat(kernel.translated().destination()).hasToString(endpoint);
      assertThat(said.connectionMark()).isEqualTo(kernel.mark());
      assertThat(echo.accepted()).isPositive();
    }
  }

  @Test
  void read_rulesOfBothBackends_countersCountTheConnection() throws Exception {
    load("iptables-legacy-restore", RuleSets.CURRENT);
    load(
        "iptables-nft-restore",
        "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p udp -j DROP\nCOMMIT\n");
    NatSnapshot before = read();
    udp(WORLD, Echo.PORT);
    NatSnapshot after = read();

    assertThat(before.legacy().isEmpty()).isFalse();
    assertThat(before.nft().rules()).hasSize(1);
    assertThat(after.counters().refusedSince(before.counters()))
        .extracting(moved -> moved.rule().cite() + " +" + moved.packets())
        .containsExactly("FORWARD #1 -p udp -j DROP +1");
  }

  @Test
  void find_unknownConnection_empty() throws Exception {
    load("iptables-nft-restore", RuleSets.CURRENT);
    try (Conntrack conntrack = thread.inNamespace(node.path(), Conntrack::open)) {
      for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP, Protocol.ICMP)) {
        assertThat(conntrack.find(new FlowKey(protocol, POD, 7, WORLD, 7))).isEmpty();
      }
      IpAddress six = IpAddress.parse("fd00::1");
      assertThat(conntrack.find(new FlowKey(Protocol.ICMPV6, six, 7, six, 7))).isEmpty();
    }
  }

  @Test
  void find_withoutCapNetAdmin_namesIt() throws Exception {
    Process weak =
        new ProcessBuilder(
                "setpriv",
                "--bounding-set=-net_admin",
                "--inh-caps=-net_admin",
                "--",
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                WithoutRights.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(weak.getInputStream().readAllBytes());

    assertThat(output).contains("NOT_PERMITTED").contains("CAP_NET_ADMIN");
  }

  /** What find says in a process that may not ask. */
  static final class WithoutRights {
    private WithoutRights() {}

    static void main() throws ConntrackException {
      try (Conntrack conntrack = Conntrack.open()) {
        conntrack.find(new FlowKey(Protocol.TCP, POD, 7, WORLD, 7));
      } catch (ConntrackException e) {
        throw new IllegalStateException(e.reason() + " " + e.getMessage(), e);
      }
    }
  }

  @Test
  void open_closed_findThrowsTyped() throws Exception {
    Conntrack conntrack = thread.inNamespace(node.path(), Conntrack::open);
    conntrack.close();

    assertThatThrownBy(() -> conntrack.find(new FlowKey(Protocol.TCP, POD, 7, WORLD, 7)))
        .isInstanceOf(ConntrackException.class);
  }

  /** Without what ticks; a lookup by tuple holds a reference itself, so {@code use} may differ. */
  private static ConntrackEntry still(ConntrackEntry e, int use) {
    return new ConntrackEntry(
        e.original(),
        e.replyTuple(),
        e.mark(),
        e.assured(),
        e.seenReply(),
        0,
        e.tcpState(),
        e.icmp(),
        e.accounting(),
        use);
  }

  private static Map<FlowKey, Long> timeoutsByConnection(List<ConntrackEntry> entries) {
    return entries.stream()
        .collect(Collectors.toMap(ConntrackEntry::original, ConntrackEntry::timeoutSeconds));
  }

  private static String oneEndpoint(String rules) {
    return rules
        .lines()
        .filter(line -> !line.contains("probability"))
        .map(line -> line.replace("10.1.2.22", ENDPOINT.toString()))
        .reduce("", (all, line) -> all + line + "\n");
  }

  private static FlowKey afterDnat(FlowKey sent, NatPrediction prediction) {
    if (!(prediction.outcome() instanceof NatPrediction.Dnat dnat)) {
      return sent;
    }
    NatPrediction.Candidate chosen = dnat.candidates().getFirst();
    return new FlowKey(
        sent.protocol(), sent.source(), sent.sourcePort(), chosen.address(), chosen.port());
  }

  private void join(TestNamespace other, String nodeSide, IpAddress address) throws IOException {
    node.ip("link", "add", nodeSide, "type", "veth", "peer", "name", "eth0", "netns", other.name());
    node.ip("link", "set", nodeSide, "up");
    other.ip("link", "set", "eth0", "up");
    other.ip("addr", "add", address + "/32", "dev", "eth0");
    other.ip("route", "add", "default", "dev", "eth0");
    node.ip("route", "add", address + "/32", "dev", nodeSide);
    node.exec("sysctl", "-qw", "net.ipv4.conf." + nodeSide + ".proxy_arp=1");
    node.exec("sysctl", "-qw", "net.ipv4.conf." + nodeSide + ".rp_filter=0");
    node.exec("sysctl", "-qw", "net.ipv4.neigh." + nodeSide + ".proxy_delay=0");
  }

  private void load(String restore, String rules) throws IOException {
    Path file = Files.writeString(scratch.resolve("rules"), RuleSets.declared(rules));
    node.exec("sh", "-c", restore + " < " + file);
  }

  /** The tools run by name in the node's namespace, as they would on a node. */
  private NatSnapshot read() throws IOException {
    return new NatReader(
            command -> {
              List<String> inside = new ArrayList<>(List.of("ip", "netns", "exec", node.name()));
              inside.addAll(List.of(command));
              return new Commands().run(inside.toArray(String[]::new));
            })
        .read();
  }

  private String tool(String... command) throws IOException {
    return node.exec(command);
  }

  private Socket podSocket() throws IOException {
    return thread.inNamespace(
        pod.path(),
        () -> {
          Socket socket = new Socket();
          socket.bind(new InetSocketAddress(POD.toString(), 0));
          return socket;
        });
  }

  private void udp(IpAddress to, int port) throws IOException {
    try (DatagramSocket socket =
        thread.inNamespace(
            pod.path(), () -> new DatagramSocket(new InetSocketAddress(POD.toString(), 0)))) {
      socket.send(
          new DatagramPacket(new byte[] {1}, 1, InetAddress.getByName(to.toString()), port));
    }
  }

  /** Listens in the world for TCP, on the service's port too. */
  private final class Echo implements AutoCloseable {
    static final int PORT = 8080;
    private final ServerSocket plain = listen(PORT);
    private final ServerSocket service = listen(5432);

    Echo() throws IOException {}

    private ServerSocket listen(int port) throws IOException {
      return thread.inNamespace(world.path(), () -> new ServerSocket(port));
    }

    /** The kernel completes handshakes before anyone accepts: one waits on one of the two. */
    int accepted() throws IOException {
      int count = 0;
      for (ServerSocket socket : List.of(plain, service)) {
        socket.setSoTimeout(50);
        count += accept(socket).map(_ -> 1).orElse(0);
      }
      return count;
    }

    private Optional<String> accept(ServerSocket socket) throws IOException {
      try (Socket peer = socket.accept()) {
        return Optional.of(peer.getRemoteSocketAddress().toString());
      } catch (SocketTimeoutException e) {
        return Optional.empty();
      }
    }

    @Override
    public void close() throws IOException {
      plain.close();
      service.close();
    }
  }
}
