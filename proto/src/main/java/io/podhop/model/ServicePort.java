package io.podhop.model;

import java.util.List;

/**
 * One port of a Kubernetes service as kube-proxy's rules on a node describe it.
 *
 * @param nodePort 0 when the service has none
 */
public record ServicePort(
    String namespace,
    String name,
    String portName,
    Protocol protocol,
    IpAddress clusterIp,
    int port,
    int nodePort,
    List<Backend> endpoints) {
  /** A pod's address and port behind the service. */
  public record Backend(IpAddress address, int port) {}

  public ServicePort {
    endpoints = List.copyOf(endpoints);
  }
}
