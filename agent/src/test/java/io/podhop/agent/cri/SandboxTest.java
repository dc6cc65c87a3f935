package io.podhop.agent.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SandboxTest {
  private static final IpAddress ADDRESS = IpAddress.parse("10.0.0.1");

  @Test
  void workload_bothLabels_prefersTheRecommendedOne() {
    assertThat(labelled(Map.of("app", "old", "app.kubernetes.io/name", "web")).workload())
        .contains("web");
  }

  @Test
  void workload_recommendedLabelBlank_takesTheCustomaryOne() {
    assertThat(labelled(Map.of("app", "old", "app.kubernetes.io/name", " ")).workload())
        .contains("old");
  }

  @Test
  void workload_neitherLabel_isEmpty() {
    assertThat(labelled(Map.of("pod-template-hash", "7c9")).workload()).isEmpty();
  }

  @Test
  void byAddress_severalSandboxesNameIt_prefersRunningThenYoungest() {
    Sandbox stopped = sandbox("stopped", Map.of(), false, 30);
    Sandbox older = sandbox("older", Map.of(), true, 10);
    Sandbox younger = sandbox("younger", Map.of(), true, 20);
    List<Sandbox> all = List.of(stopped, older, younger);
    assertThat(new CriSnapshot(all, List.of()).byAddress(ADDRESS)).contains(younger);
    assertThat(new CriSnapshot(List.of(stopped), List.of()).byAddress(ADDRESS)).contains(stopped);
  }

  private static Sandbox labelled(Map<String, String> labels) {
    return sandbox("id", labels, true, 0);
  }

  private static Sandbox sandbox(
      String id, Map<String, String> labels, boolean ready, long createdSecond) {
    Instant created = Instant.ofEpochSecond(createdSecond);
    PodRef ref = new PodRef("shop", id);
    return new Sandbox(id, ref, "uid", labels, List.of(ADDRESS), ready, created, "");
  }
}
