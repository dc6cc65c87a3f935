package io.podhop.agent.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.podhop.agent.cri.v1.NamespaceMode;
import io.podhop.agent.cri.v1.PodSandboxState;
import io.podhop.agent.cri.v1.PodSandboxStatusResponse;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.model.IpAddress;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against servers that do what a real runtime does too rarely to wait for. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CriReaderTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir private Path directory;

  @Test
  void read_noSocket_isEmptyWithoutWarning() {
    try (CriReader reader = new CriReader(socket())) {
      assertThat(reader.read()).isEqualTo(CriSnapshot.EMPTY);
    }
  }

  @Test
  void read_socketGone_forgetsItsPods() throws IOException {
    try (FakeRuntime runtime = new FakeRuntime(socket());
        CriReader reader = reader()) {
      runtime.add("a", "10.0.0.1");
      assertThat(reader.read().sandboxes()).hasSize(1);
      Files.delete(socket());
      assertThat(reader.read()).isEqualTo(CriSnapshot.EMPTY);
    }
  }

  @Test
  void read_serverWithoutCri_saysWhatIsMissing() throws IOException {
    try (FakeRuntime _ = FakeRuntime.withoutCri(socket());
        CriReader reader = reader()) {
      assertThat(reader.read().warnings())
          .singleElement()
          .asString()
          .contains("runtime.v1", "cri plugin");
    }
  }

  @Test
  void read_again_asksOnlyForWhatItDoesNotKnow() throws IOException {
    try (FakeRuntime runtime = new FakeRuntime(socket());
        CriReader reader = reader()) {
      runtime.add("with", "10.0.0.1", "2001:db8::1");
      runtime.add("not-yet");
      runtime.add("host");
      PodSandboxStatusResponse.Builder host = PodSandboxStatusResponse.newBuilder();
      host.getStatusBuilder()
          .getLinuxBuilder()
          .getNamespacesBuilder()
          .getOptionsBuilder()
          .setNetwork(NamespaceMode.NODE);
      runtime.statuses.put("host", host.build());
      runtime.add("stopped", PodSandboxState.SANDBOX_NOTREADY, 1);

      assertThat(reader.read().byId("with").orElseThrow().addresses())
          .containsExactly(IpAddress.parse("10.0.0.1"), IpAddress.parse("2001:db8::1"));
      assertThat(runtime.asked).containsExactlyInAnyOrder("with", "not-yet", "host", "stopped");
      runtime.asked.clear();
      runtime.statuses.put("not-yet", FakeRuntime.status("10.0.0.2"));
      assertThat(reader.read().byAddress(IpAddress.parse("10.0.0.2"))).isPresent();
      assertThat(runtime.asked).containsExactly("not-yet");
    }
  }

  @Test
  void read_sandboxRemovedAndListedAnew_isAskedForAgain() throws IOException {
    try (FakeRuntime runtime = new FakeRuntime(socket());
        CriReader reader = reader()) {
      runtime.add("a", "10.0.0.1");
      reader.read();
      runtime.sandboxes.clear();
      assertThat(reader.read()).isEqualTo(CriSnapshot.EMPTY);
      runtime.add("a", "10.0.0.2");
      assertThat(reader.read().byAddress(IpAddress.parse("10.0.0.2"))).isPresent();
      assertThat(runtime.asked).containsExactly("a", "a");
    }
  }

  @Test
  void read_sandboxGoneBetweenListAndStatus_isLeftOutSilently() throws IOException {
    try (FakeRuntime runtime = new FakeRuntime(socket());
        CriReader reader = reader()) {
      runtime.add("stays", "10.0.0.1");
      runtime.add("goes", "10.0.0.2");
      runtime.refused.put("goes", Status.NOT_FOUND);
      CriSnapshot snapshot = reader.read();
      assertThat(snapshot.sandboxes()).extracting(Sandbox::id).containsExactly("stays");
      assertThat(snapshot.warnings()).isEmpty();
    }
  }

  @Test
  void read_statusRefused_listsThePodWithoutAddressesAndAsksAgain() throws IOException {
    try (FakeRuntime runtime = new FakeRuntime(socket());
        CriReader reader = reader()) {
      runtime.add("a", "10.0.0.1");
      runtime.refused.put("a", Status.INTERNAL.withDescription("shim is lost"));
      CriSnapshot refused = reader.read();
      assertThat(refused.byId("a").orElseThrow().addresses()).isEmpty();
      assertThat(refused.warnings())
          .singleElement()
          .asString()
          .contains("1 of 1 pod sandboxes", "shim is lost");
      runtime.refused.clear();
      assertThat(reader.read().byAddress(IpAddress.parse("10.0.0.1"))).isPresent();
    }
  }

  @Test
  void read_moreThanTheBound_keepsTheRunningAndTheYoungest() throws IOException {
    try (FakeRuntime runtime = new FakeRuntime(socket());
        CriReader reader = reader()) {
      for (int i = 0; i < CriReader.MAX_SANDBOXES + 1; i++) {
        runtime.add("stopped-" + i, PodSandboxState.SANDBOX_NOTREADY, 1_000 + i);
      }
      runtime.add("running", PodSandboxState.SANDBOX_READY, 1);
      CriSnapshot snapshot = reader.read();
      assertThat(snapshot.sandboxes()).hasSize(CriReader.MAX_SANDBOXES);
      assertThat(snapshot.byId("running")).isPresent();
      assertThat(snapshot.byId("stopped-2")).isPresent();
      assertThat(snapshot.byId("stopped-1")).isEmpty();
      assertThat(snapshot.warnings())
          .singleElement()
          .asString()
          .contains("2050 pod sandboxes", "2 more");
    }
  }

  @Test
  void read_addressThatIsNone_isLeftOutWithWarning() throws IOException {
    try (FakeRuntime runtime = new FakeRuntime(socket());
        CriReader reader = reader()) {
      runtime.add("a", "10.0.0.1", "no address");
      CriSnapshot snapshot = reader.read();
      assertThat(snapshot.byId("a").orElseThrow().addresses()).hasSize(1);
      assertThat(snapshot.warnings()).singleElement().asString().contains("'no address'");
    }
  }

  @Test
  void read_infoThatIsNoJson_leavesNetnsPathEmpty() throws IOException {
    try (FakeRuntime runtime = new FakeRuntime(socket());
        CriReader reader = reader()) {
      runtime.add("a", "10.0.0.1");
      runtime.statuses.computeIfPresent(
          "a", (_, status) -> status.toBuilder().putInfo("info", "{\"runtimeSpec\": [").build());
      assertThat(reader.read().byId("a").orElseThrow().netnsPath()).isEmpty();
    }
  }

  @Test
  void read_calledInsideAPodsNamespace_leavesNoThreadThere() throws IOException {
    Process pod = new ProcessBuilder("unshare", "--net", "cat").start();
    try (FakeRuntime runtime = new FakeRuntime(socket());
        NamespaceThread namespaces = new NamespaceThread(new LinuxCounters());
        CriReader reader = reader()) {
      runtime.add("a", "10.0.0.1");
      Path netns = Path.of("/proc", Long.toString(pod.pid()), "ns", "net");
      awaitOtherNamespace(netns);
      assertThat(namespaces.inNamespace(netns, reader::read).sandboxes()).hasSize(1);
      assertThat(namespacesOfThreads()).containsExactly("net:[" + namespaces.ownInode() + "]");
    } finally {
      pod.destroyForcibly();
    }
  }

  private static void awaitOtherNamespace(Path netns) {
    await().until(() -> !link(netns).equals(link(Path.of("/proc/self/ns/net"))));
  }

  private static Set<String> namespacesOfThreads() throws IOException {
    Set<String> found = new TreeSet<>();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path task : tasks) {
        found.add(link(task.resolve("ns/net")));
      }
    }
    return found;
  }

  private static String link(Path path) throws IOException {
    return Files.readSymbolicLink(path).toString();
  }

  private Path socket() {
    return directory.resolve("cri.sock");
  }

  /** These tests are not about the deadline, and the machine may be busy. */
  private CriReader reader() {
    return new CriReader(socket(), PATIENCE, PATIENCE);
  }
}
