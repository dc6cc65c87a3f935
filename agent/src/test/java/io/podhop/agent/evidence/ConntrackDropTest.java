package io.podhop.agent.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.NodeEvidence.KernelDrop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConntrackDropTest {
  private final List<SocketChannel> clients = new ArrayList<>();
  private final List<String> unavailable = new ArrayList<>();
  private RoutedPods net;

  @BeforeEach
  void up() throws IOException {
    net = new RoutedPods();
  }

  @AfterEach
  void down() throws IOException {
    for (SocketChannel client : clients) {
      client.close();
    }
    net.close();
  }

  @Test
  void oneSnatPortForManyConnections_insertFailed_andNetfilterDrop() throws IOException {
    net.node.exec(
        "iptables",
        "-t",
        "nat",
        "-A",
        "POSTROUTING",
        "-p",
        "tcp",
        "-o",
        net.vethB,
        "-j",
        "SNAT",
        "--to-source",
        "10.78.2.1:40000-40000");
    net.b.exec("iptables", "-A", "INPUT", "-p", "tcp", "-j", "DROP");
    net.capture("tcp[tcpflags] & tcp-syn != 0");
    Counters before = net.counters();
    try (KernelDrops drops = KernelDrops.open(Set.of(net.vethA))) {
      connect(8);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(net.counters().since(before))
                      .filteredOn(change -> change.scope().equals(CounterChange.NODE))
                      .extracting(CounterChange::name)
                      .contains("insert_failed", "drop"));

      List<KernelDrop> found = drops.finish(net.sightings(), unavailable::add);

      assertThat(found).extracting(KernelDrop::reason).contains("NETFILTER_DROP");
      assertThat(found).extracting(KernelDrop::interfaceName).containsOnly(net.vethA);
      assertThat(unavailable).isEmpty();
    }
  }

  private void connect(int connections) throws IOException {
    for (int i = 0; i < connections; i++) {
      SocketChannel client = net.thread.inNamespace(net.a.path(), SocketChannel::open);
      clients.add(client);
      client.configureBlocking(false);
      client.connect(new InetSocketAddress(RoutedPods.ADDRESS_B, 80));
    }
  }
}
