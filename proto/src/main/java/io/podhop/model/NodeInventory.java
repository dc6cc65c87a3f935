package io.podhop.model;

import java.util.List;

/**
 * What an agent tells the collector about its node.
 *
 * @param primaryAddress the primary address of the primary ENI: what SNAT uses
 * @param vpcCidrs ranges that the SNAT chain exempts
 * @param warnings what the agent could not read, in sentences
 */
public record NodeInventory(
    String node,
    IpAddress primaryAddress,
    List<Cidr> vpcCidrs,
    List<EniInfo> enis,
    List<PodInfo> pods,
    List<ServicePort> services,
    List<String> warnings) {
  public NodeInventory {
    vpcCidrs = List.copyOf(vpcCidrs);
    enis = List.copyOf(enis);
    pods = List.copyOf(pods);
    services = List.copyOf(services);
    warnings = List.copyOf(warnings);
  }
}
