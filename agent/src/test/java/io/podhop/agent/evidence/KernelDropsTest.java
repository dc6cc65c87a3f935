package io.podhop.agent.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.TraceFs;
import io.podhop.agent.linux.TraceInstance;
import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.NodeEvidence.KernelDrop;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against the kernel's own drops, in namespaces of the test's own. */
class KernelDropsTest {
  private static final int COUNT = 40;
  private static final int LOST_BYTES = 100;
  private static final int PORT = 9;

  /** With headers of Ethernet, IP and UDP. */
  private static final int LOST_LENGTH = LOST_BYTES + 42;

  private RoutedPods net;
  private final List<String> unavailable = new ArrayList<>();

  @BeforeEach
  void up() throws IOException {
    net = new RoutedPods();
  }

  @AfterEach
  void down() throws IOException {
    net.close();
  }

  @Test
  void rule_dropsForwarded_netfilterDropAtTheFirstVeth() throws IOException {
    net.node.exec(
        "iptables",
        "-A",
        "FORWARD",
        "-p",
        "udp",
        "-m",
        "length",
        "--length",
        Integer.toString(LOST_LENGTH - 14),
        "-j",
        "DROP");

    List<KernelDrop> drops = dropsOf(RoutedPods.ADDRESS_A);

    assertLost(drops, "NETFILTER_DROP", net.vethA);
  }

  @Test
  void strictReversePath_sourceFromElsewhere_rpFilterOfThosePacketsOnly() throws IOException {
    net.node.exec("sysctl", "-qw", "net.ipv4.conf." + net.vethA + ".rp_filter=1");
    Counters before = net.counters();

    List<KernelDrop> drops = dropsOf(RoutedPods.UNROUTED);

    assertLost(drops, "IP_RPFILTER", net.vethA);
    assertThat(net.counters().since(before))
        .contains(new CounterChange(CounterChange.NODE, "TcpExtIPReversePathFilter", 0, COUNT));
  }

  @Test
  void forwardingOff_packetForAnother_addressError() throws IOException {
    net.node.exec("sysctl", "-qw", "net.ipv4.ip_forward=0");

    List<KernelDrop> drops = dropsOf(RoutedPods.ADDRESS_A);

    assertThat(drops).isNotEmpty();
    assertThat(drops).extracting(KernelDrop::reason).containsOnly("IP_INADDRERRORS");
    assertThat(drops).extracting(KernelDrop::interfaceName).containsOnly(net.vethA);
  }

  @Test
  void closedPort_noSocketInThePod() throws IOException {
    List<KernelDrop> drops = dropsOf(RoutedPods.ADDRESS_A);

    assertThat(drops).as("nearly all of %s", COUNT).hasSizeGreaterThan(COUNT / 2);
    assertThat(drops).extracting(KernelDrop::reason).containsOnly("NO_SOCKET");
    assertThat(drops).extracting(KernelDrop::interfaceName).containsOnly("eth0");
    assertThat(drops).extracting(KernelDrop::location).anyMatch(name -> name.contains("udp"));
    assertThat(drops).extracting(KernelDrop::scope).containsOnly("test/b");
  }

  @Test
  void noRouteOrBlackhole_namedAsTheKernelDoes() throws IOException {
    net.node.ip("route", "del", "10.78.2.0/24");

    assertLost(dropsOf(RoutedPods.ADDRESS_A), "IP_INNOROUTES", net.vethA);
  }

  @Test
  void nextHopDoesNotAnswer_neighbourFailed() throws IOException {
    net.b.ip("link", "set", "eth0", "arp", "off");
    net.node.ip("neigh", "flush", "dev", net.vethB);
    net.node.exec("sysctl", "-qw", "net.ipv4.neigh." + net.vethB + ".retrans_time_ms=20");
    net.capture("udp and len == " + LOST_LENGTH);
    try (KernelDrops drops = KernelDrops.open(net.devices())) {
      net.send(RoutedPods.ADDRESS_A, PORT, LOST_BYTES, 3);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> net.node.ip("neigh", "show", "dev", net.vethB).contains("FAILED"));

      List<KernelDrop> found = drops.finish(net.sightings(), unavailable::add);

      assertLost(found, "NEIGH_FAILED", net.vethA);
    }
  }

  @Test
  void ended_leavesNoInstance_whileItRuns_nobodyTakesItAway() throws IOException {
    try (TraceFs traceFs = TraceFs.open()) {
      KernelDrops drops = KernelDrops.open(List.of("lo"));
      assertThat(instances(traceFs)).contains(drops.instanceName());

      var _ = KernelDrops.removeAbandoned();
      assertThat(instances(traceFs)).contains(drops.instanceName());

      assertThat(drops.finish(List.of(), unavailable::add)).isEmpty();
      drops.close();
      assertThat(instances(traceFs)).doesNotContain(drops.instanceName());
    }
  }

  @Test
  void abandonedInstance_removedAtStart_namesOfOthersStay() throws IOException {
    try (TraceFs traceFs = TraceFs.open()) {
      TraceInstance others = TraceInstance.create(traceFs, "phtest-");
      String name = KernelDrops.PREFIX + others.name();
      Files.createDirectory(traceFs.root().resolve("instances").resolve(name));

      // Another agent that begins now may be quicker.
      assertThat(KernelDrops.removeAbandoned()).isNotNegative();

      assertThat(instances(traceFs)).contains(others.name()).doesNotContain(name);
      others.close();
      assertThat(instances(traceFs)).doesNotContain(others.name());
    }
  }

  @Test
  void filter_oddNamesLeftOut_tooManyMeansNone() {
    assertThat(KernelDrops.filter(List.of("eth0", "eni1\" || 1 == 1", "vlan.eth.1")))
        .isEqualTo("name == \"eth0\" || name == \"vlan.eth.1\"");
    assertThat(KernelDrops.filter(List.of())).isEqualTo("0");
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      many.add("eni" + i);
    }
    assertThat(KernelDrops.filter(many)).isEqualTo("0");
  }

  /** Sends packets that get lost, among others of another size that the port closed refuses. */
  private List<KernelDrop> dropsOf(String source) throws IOException {
    net.send(RoutedPods.ADDRESS_A, PORT, 30, 1);
    net.capture("udp and len == " + LOST_LENGTH);
    try (KernelDrops drops = KernelDrops.open(net.devices())) {
      for (int i = 0; i < COUNT; i++) {
        net.send(source, PORT, LOST_BYTES, 1);
        net.send(RoutedPods.ADDRESS_A, PORT, 30, 1);
      }
      List<KernelDrop> found = drops.finish(net.sightings(), unavailable::add);
      assertThat(unavailable).isEmpty();
      return found;
    }
  }

  private static void assertLost(List<KernelDrop> drops, String reason, String device) {
    assertThat(drops).isNotEmpty().hasSizeLessThanOrEqualTo(COUNT);
    assertThat(drops)
        .allSatisfy(
            drop -> {
              assertThat(drop.reason()).isEqualTo(reason);
              assertThat(drop.interfaceName()).isEqualTo(device);
              assertThat(drop.length()).isEqualTo(LOST_LENGTH);
              assertThat(drop.scope()).isEqualTo("node");
              assertThat(drop.location()).isNotEmpty();
            });
  }

  private static Set<String> instances(TraceFs traceFs) throws IOException {
    try (var entries = Files.list(traceFs.root().resolve("instances"))) {
      return entries.map(path -> path.getFileName().toString()).collect(Collectors.toSet());
    }
  }
}
