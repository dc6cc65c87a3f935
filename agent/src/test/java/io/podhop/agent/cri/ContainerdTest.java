package io.podhop.agent.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a real containerd with real pods. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ContainerdTest {
  private static final PodRef WEB = new PodRef("shop", "web-7c9");
  private static final IpAddress ADDRESS = IpAddress.parse("192.168.1.21");

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir private static Path directory;
  private static PrivateContainerd containerd;

  @BeforeAll
  static void start() throws IOException {
    containerd = new PrivateContainerd(directory);
    containerd.awaitReady();
  }

  @AfterAll
  static void stop() throws IOException {
    containerd.close();
    assertThat(directoriesOf("podhop-cri-" + ProcessHandle.current().pid())).isEmpty();
  }

  private static String directoriesOf(String cgroup) throws IOException {
    try (var controllers = Files.newDirectoryStream(Path.of("/sys/fs/cgroup"))) {
      StringBuilder left = new StringBuilder();
      for (Path controller : controllers) {
        if (Files.exists(controller.resolve(cgroup))) {
          left.append(controller).append(' ');
        }
      }
      return left.toString();
    }
  }

  @Test
  void read_podOnContainerd_followsItsLife() {
    try (CriReader reader = reader()) {
      assertThat(reader.read()).isEqualTo(CriSnapshot.EMPTY);

      Map<String, String> labels = Map.of("app", "web", "pod-template-hash", "7c9");
      String id = containerd.run(WEB, "7d1a-uid", labels);
      CriSnapshot running = reader.read();
      assertThat(running.warnings()).isEmpty();
      assertThat(running.byId(id)).isEqualTo(running.byAddress(ADDRESS));
      Sandbox sandbox = running.byId(id).orElseThrow();
      assertThat(sandbox.ref()).isEqualTo(WEB);
      assertThat(sandbox.uid()).isEqualTo("7d1a-uid");
      assertThat(sandbox.labels()).isEqualTo(labels);
      assertThat(sandbox.workload()).contains("web");
      assertThat(sandbox.addresses()).containsExactly(ADDRESS);
      assertThat(sandbox.ready()).isTrue();
      assertThat(sandbox.netnsPath()).startsWith("/var/run/netns/cni-");
      assertThat(Duration.between(sandbox.created(), Instant.now()))
          .isBetween(Duration.ZERO, Duration.ofMinutes(1));

      containerd.stop(id);
      Sandbox stopped = reader.read().byId(id).orElseThrow();
      assertThat(stopped.ready()).isFalse();
      assertThat(stopped.addresses()).containsExactly(ADDRESS);

      containerd.remove(id);
      assertThat(reader.read()).isEqualTo(CriSnapshot.EMPTY);
    }
  }

  @Test
  void read_containerdKilledAndStartedAgain_keepsItsPodsAndWarnsBetween() throws IOException {
    String id = containerd.run(WEB, "uid-2", Map.of());
    try (CriReader reader = reader()) {
      CriSnapshot before = reader.read();
      assertThat(before.byId(id)).isPresent();

      containerd.kill();
      CriSnapshot without = await().until(reader::read, snapshot -> !snapshot.warnings().isEmpty());
      assertThat(without.sandboxes()).isEqualTo(before.sandboxes());
      assertThat(without.warnings())
          .singleElement()
          .asString()
          .contains(containerd.socket().toString(), "Connection refused", "last answer");

      containerd.startAgain();
      assertThat(reader.read()).isEqualTo(before);
    } finally {
      containerd.stop(id);
      containerd.remove(id);
    }
  }

  /** These tests are not about the deadline, and the machine may be busy. */
  private static CriReader reader() {
    return new CriReader(containerd.socket(), PATIENCE, PATIENCE);
  }
}
