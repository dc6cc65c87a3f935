package io.podhop.agent.cri;

import io.podhop.agent.cri.v1.NamespaceMode;
import io.podhop.agent.cri.v1.PodIP;
import io.podhop.agent.cri.v1.PodSandboxNetworkStatus;
import io.podhop.agent.cri.v1.PodSandboxStatusResponse;
import io.podhop.model.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The part of a sandbox's status that does not change while it lives.
 *
 * @param hostNetwork whether the pod uses the node's network, and so never gets addresses here
 * @param unreadable texts given as addresses that are none
 */
record SandboxNetwork(
    List<IpAddress> addresses, String netnsPath, boolean hostNetwork, List<String> unreadable) {
  static final SandboxNetwork UNKNOWN = new SandboxNetwork(List.of(), "", false, List.of());

  private static final JsonMapper JSON = new JsonMapper();

  static SandboxNetwork of(PodSandboxStatusResponse response) {
    PodSandboxNetworkStatus network = response.getStatus().getNetwork();
    List<String> texts =
        Stream.concat(
                Stream.of(network.getIp()),
                network.getAdditionalIpsList().stream().map(PodIP::getIp))
            .filter(text -> !text.isEmpty())
            .toList();
    NamespaceMode mode = response.getStatus().getLinux().getNamespaces().getOptions().getNetwork();
    return new SandboxNetwork(
        texts.stream().flatMap(text -> IpAddress.tryParse(text).stream()).toList(),
        netnsPath(response.getInfoOrDefault("info", "")).orElse(""),
        mode == NamespaceMode.NODE,
        texts.stream().filter(text -> IpAddress.tryParse(text).isEmpty()).toList());
  }

  /** Whether asking again would tell nothing new. */
  boolean isFinal() {
    return hostNetwork || !addresses.isEmpty();
  }

  /** From the OCI runtime specification that containerd and CRI-O put into the verbose status. */
  private static Optional<String> netnsPath(String info) {
    if (info.isEmpty()) {
      return Optional.empty();
    }
    try {
      JsonNode namespaces = JSON.readTree(info).at("/runtimeSpec/linux/namespaces");
      return namespaces
          .valueStream()
          .filter(namespace -> namespace.path("type").asString("").equals("network"))
          .map(namespace -> namespace.path("path").asString(""))
          .findFirst();
    } catch (JacksonException unspecifiedForm) {
      return Optional.empty();
    }
  }
}
