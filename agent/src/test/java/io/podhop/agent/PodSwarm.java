package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.agent.correlate.NodeFixture;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Pods that come and go by the dozen: a namespace each, without a name, held by one process, with
 * an eth0 whose other end is in a hub. What a pod sends goes to a hardware address that nobody has,
 * so that nothing answers and nothing but what a test sends is on the wire.
 */
final class PodSwarm implements AutoCloseable {
  static final InetSocketAddress NOBODY = new InetSocketAddress("169.254.1.1", 9);

  private static final Duration BOUND = Duration.ofSeconds(30);

  private static final String POD =
      """
      echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
      echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
      ip -batch - <<END
      link add eth0 type veth peer name p$0 netns $1
      addr add $2/32 dev eth0
      link set eth0 up
      route add 169.254.1.1 dev eth0 scope link
      route add default via 169.254.1.1 dev eth0
      neigh add 169.254.1.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
      END
      echo $0 $$
      exec sleep 600 >/dev/null
      """;

  private final TestNamespace hub = new TestNamespace();
  private final List<Process> keepers = new ArrayList<>();
  private int made;

  PodSwarm() throws IOException {
    hub.exec("sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6");
  }

  /** A pod, with the name of the hub's end of its veth. */
  record Pod(PodInfo info, String link) {
    Path namespace() {
      return Path.of("/proc", Integer.toString(info.pid()), "ns", "net");
    }

    /** As somebody would still tell of it when its namespace is gone: no namespace has inode 1. */
    Pod withoutNamespace() {
      PodInfo gone =
          new PodInfo(
              info.ref(), info.workload(), "", info.addresses(), 1, info.pid(), "", 0, "", 0);
      return new Pod(gone, link);
    }

    DatagramChannel open(NamespaceThread namespaces) throws IOException {
      return namespaces.inNamespace(
          namespace(), () -> DatagramChannel.open(StandardProtocolFamily.INET));
    }

    /** Sends so many datagrams from a port of their own. */
    void send(NamespaceThread namespaces, int count) throws IOException {
      try (DatagramChannel channel = open(namespaces)) {
        send(channel, count);
      }
    }

    static void send(DatagramChannel channel, int count) throws IOException {
      ByteBuffer payload = ByteBuffer.allocate(16);
      for (int i = 0; i < count; i++) {
        channel.send(payload.clear(), NOBODY);
      }
    }
  }

  /** Returns when the new pods can send. */
  List<Pod> add(int count) throws IOException {
    StringBuilder script = new StringBuilder();
    for (int i = made; i < made + count; i++) {
      script.append(
          "unshare --net sh -c \"$0\" %d %d %s </dev/null &%n".formatted(i, hub.pid(), address(i)));
    }
    Process keeper = new ProcessBuilder("bash", "-c", script + "wait", POD).start();
    keepers.add(keeper);
    List<Pod> pods = new ArrayList<>();
    BufferedReader lines = keeper.inputReader();
    for (int i = 0; i < count; i++) {
      String line = lines.readLine();
      assertThat(line).as("number and pid of a pod").matches("\\d+ \\d+");
      String[] words = line.split(" ");
      pods.add(pod(Integer.parseInt(words[0]), Integer.parseInt(words[1])));
    }
    made += count;
    onLinks("link set %s up", pods);
    await().atMost(BOUND).until(() -> links("LOWER_UP").containsAll(names(pods)));
    return pods;
  }

  /** As when the process in a pod is killed: its namespace goes when nobody holds it. */
  void kill(List<Pod> pods) {
    pods.forEach(
        pod -> ProcessHandle.of(pod.info().pid()).ifPresent(ProcessHandle::destroyForcibly));
  }

  /** As a CNI plugin does first when a pod is deleted. */
  void unplug(List<Pod> pods) throws IOException {
    onLinks("link del %s", pods);
  }

  /** Names of the hub's links: one for each pod whose namespace is still there. */
  List<String> links() throws IOException {
    return links("");
  }

  private List<String> links(String flag) throws IOException {
    return hub.ip("-br", "link", "show", "type", "veth")
        .lines()
        .filter(line -> line.contains(flag))
        .map(line -> line.split("[@ ]")[0])
        .toList();
  }

  /** A node with these pods and nothing else. */
  static NodeView view(Collection<Pod> pods) {
    NodeView node = NodeFixture.view(true);
    NodeInventory inventory =
        new NodeInventory(
            node.inventory().node(),
            node.inventory().primaryAddress(),
            node.inventory().vpcCidrs(),
            List.of(),
            pods.stream().map(Pod::info).toList(),
            List.of(),
            List.of());
    return new NodeView(inventory, node.ipam(), node.routes(), node.nat());
  }

  private void onLinks(String command, List<Pod> pods) throws IOException {
    Path batch = Files.createTempFile("podhop", ".ip");
    try {
      Files.write(batch, pods.stream().map(pod -> command.formatted(pod.link())).toList());
      hub.ip("-batch", batch.toString());
    } finally {
      Files.delete(batch);
    }
  }

  private static List<String> names(List<Pod> pods) {
    return pods.stream().map(Pod::link).toList();
  }

  private static String address(int number) {
    return "10.200." + number / 250 + "." + (1 + number % 250);
  }

  private static Pod pod(int number, int pid) throws IOException {
    long inode = (long) Files.getAttribute(Path.of("/proc/" + pid + "/ns/net"), "unix:ino");
    PodInfo info =
        new PodInfo(
            new PodRef("swarm", "pod-" + number),
            "pod",
            "",
            List.of(IpAddress.parse(address(number))),
            inode,
            pid,
            "",
            0,
            "",
            0);
    return new Pod(info, "p" + number);
  }

  @Override
  public void close() throws IOException {
    for (Process keeper : keepers) {
      keeper.descendants().forEach(ProcessHandle::destroyForcibly);
      keeper.destroyForcibly();
    }
    hub.close();
  }
}
