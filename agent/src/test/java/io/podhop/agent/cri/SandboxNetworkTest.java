package io.podhop.agent.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.cri.v1.PodSandboxStatusResponse;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SandboxNetworkTest {
  private static final String INFO =
      """
      {"pid": 4711, "netNamespaceClosed": false, "runtimeSpec": {"ociVersion": "1.0.2", "linux":
      {"namespaces": [{"type": "pid"}, {"type": "network", "path": "/var/run/netns/cni-1"}]}}}
      """;

  @Test
  void of_verboseStatus_takesThePathOfTheNetworkNamespace() {
    assertThat(netnsPath(INFO)).isEqualTo("/var/run/netns/cni-1");
  }

  @Test
  void of_networkOfTheNode_hasNoPath() {
    assertThat(netnsPath(INFO.replace("network", "uts"))).isEmpty();
  }

  @Test
  void of_mutatedInfo_neverFails() {
    Random random = new Random(20);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder info = new StringBuilder(INFO);
      for (int change = random.nextInt(1, 4); change > 0 && !info.isEmpty(); change--) {
        int at = random.nextInt(info.length());
        switch (random.nextInt(3)) {
          case 0 -> info.setCharAt(at, INFO.charAt(random.nextInt(INFO.length())));
          case 1 -> info.deleteCharAt(at);
          default -> info.setLength(at + 1);
        }
      }
      assertThat(netnsPath(info.toString())).isNotNull();
    }
  }

  private static String netnsPath(String info) {
    return SandboxNetwork.of(PodSandboxStatusResponse.newBuilder().putInfo("info", info).build())
        .netnsPath();
  }
}
