package io.podhop.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.LinuxCounter;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.ProcFs;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.agent.route.RouteReader;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sees only processes that the test names: a /proc of symbolic links to the real one. */
@Timeout(60)
class PodNamespaceReaderTest {
  private final LinuxCounters counters = new LinuxCounters();
  private NamespaceThread thread;
  private TestNamespace pod;
  private ProcFs proc;
  private PodNamespaceReader reader;

  @TempDir Path root;

  @BeforeEach
  void setUp() throws IOException {
    thread = new NamespaceThread(counters);
    pod = new TestNamespace();
    proc = new ProcFs(root, counters);
    reader = new PodNamespaceReader(proc, thread, counters);
    show(pod.pid());
    show(Math.toIntExact(ProcessHandle.current().pid()));
  }

  @AfterEach
  void tearDown() throws IOException {
    thread.close();
    pod.close();
  }

  @Test
  void read_podWiredByTheCni_linksAndAddressesFromInside() throws IOException {
    wire(pod, "192.168.1.21");
    pod.ip("-6", "addr", "add", "fd00:1::21/128", "dev", "eth0", "nodad");

    NetworkNamespace found = reader.read().namespaces().getFirst();
    assertThat(found.pid()).isEqualTo(pod.pid());
    assertThat(found.nsPath()).isEqualTo(root.resolve(pod.pid() + "/ns/net"));
    assertThat(found.podAddresses())
        .containsExactlyInAnyOrder(IpAddress.parse("192.168.1.21"), IpAddress.parse("fd00:1::21"));
    assertThat(found.eth0().map(Link::kind)).contains("veth");
    assertThat(found.link("lo")).isPresent();
    assertThat(reader.read().byInode(found.inode())).contains(found);
  }

  @Test
  void read_vethIntoTheHost_peerIndexIsTheHostsInterface() throws IOException {
    try (TestNamespace host = new TestNamespace()) {
      pod.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eni21", "netns", host.name());

      Link eth0 = reader.read().namespaces().getFirst().eth0().orElseThrow();
      RouteSnapshot ofHost =
          thread.inNamespace(host.path(), () -> new RouteReader(counters).read());
      assertThat(ofHost.link(eth0.peerIfindex()).map(Link::name)).contains("eni21");
      assertThat(eth0.peerNetnsId()).isNotNegative();
    }
  }

  @Test
  void read_ownNamespaceAndVanishedProcess_leftOut() throws IOException {
    Files.createSymbolicLink(root.resolve("999999999"), Path.of("/proc/999999999"));

    assertThat(reader.read().namespaces()).hasSize(1);
    assertThat(counters.get(LinuxCounter.PROCESS_SKIPPED)).isPositive();
  }

  @Test
  void read_again_entersOnlyNamespacesWithoutAddress() throws IOException {
    reader.read();
    reader.read();
    assertThat(counters.get(LinuxCounter.NAMESPACE_ENTERED)).isEqualTo(2);

    wire(pod, "192.168.1.21");
    for (int i = 0; i < 5; i++) {
      assertThat(reader.read().namespaces().getFirst().podAddresses()).hasSize(1);
    }
    assertThat(counters.get(LinuxCounter.NAMESPACE_ENTERED)).isEqualTo(3);

    reader.readAfresh();
    assertThat(counters.get(LinuxCounter.NAMESPACE_ENTERED)).isEqualTo(4);
  }

  @Test
  void read_podEnded_isGoneNextTime() throws IOException {
    wire(pod, "192.168.1.21");
    assertThat(reader.read().namespaces()).hasSize(1);

    pod.endResident();

    PodNamespacesSnapshot after = reader.read();
    assertThat(after.namespaces()).isEmpty();
    assertThat(after.unreadable()).isZero();
  }

  @Test
  void read_pidNowInAnotherNamespace_countedAsVanished() throws IOException {
    // A process whose ns/net link names one namespace while the path leads into another.
    Path lying = Files.createDirectories(root.resolve("4711/ns"));
    Files.createSymbolicLink(lying.resolve("net"), Path.of("net:[4711]"));

    PodNamespacesSnapshot snapshot = reader.read();
    assertThat(snapshot.vanished()).isEqualTo(1);
    assertThat(snapshot.namespaces()).hasSize(1);
  }

  @Test
  void read_moreNamespacesThanTheBound_restIsCounted() throws IOException {
    try (TestNamespace second = new TestNamespace()) {
      show(second.pid());

      PodNamespacesSnapshot snapshot = new PodNamespaceReader(proc, thread, counters, 1).read();
      assertThat(snapshot.namespaces()).hasSize(1);
      assertThat(snapshot.beyondBound()).isEqualTo(1);
    }
  }

  @Test
  void read_wholeMachine_findsThePodToo() throws IOException {
    wire(pod, "192.168.1.21");
    ProcFs real = new ProcFs(Path.of("/proc"), counters);

    PodNamespacesSnapshot snapshot = new PodNamespaceReader(real, thread, counters).read();
    assertThat(snapshot.byInode(real.netnsInode(pod.pid()).orElseThrow())).isPresent();
    assertThat(snapshot.byInode(thread.ownInode())).isEmpty();
  }

  private void show(int pid) throws IOException {
    Files.createSymbolicLink(
        root.resolve(Integer.toString(pid)), Path.of("/proc", Integer.toString(pid)));
  }

  private static void wire(TestNamespace pod, String address) throws IOException {
    pod.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far");
    pod.ip("addr", "add", address + "/32", "dev", "eth0");
    pod.ip("link", "set", "eth0", "up");
  }
}
