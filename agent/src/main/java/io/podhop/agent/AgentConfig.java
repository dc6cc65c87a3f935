package io.podhop.agent;

import io.podhop.agent.config.AlwaysOn;
import java.nio.file.Path;

/**
 * What an agent needs to know before it starts.
 *
 * @param collector {@code HOST:PORT}
 * @param logDirectory where ipamd.log and plugin.log are
 * @param stateDirectory where ipam.json is
 */
record AgentConfig(
    String collector, String node, Path logDirectory, Path stateDirectory, AlwaysOn alwaysOn) {
  static final Path LOGS = Path.of("/var/log/aws-routed-eni");
  static final Path STATE = Path.of("/var/run/aws-node");

  AgentConfig {
    if (!collector.matches(".+:\\d{1,5}")) {
      throw new IllegalArgumentException(
          "--collector takes HOST:PORT, for example collector.podhop.svc:4317, not '"
              + collector
              + "'");
    }
    if (node.isBlank()) {
      throw new IllegalArgumentException(
          "--node is empty: name the node as kubectl get nodes does");
    }
  }
}
