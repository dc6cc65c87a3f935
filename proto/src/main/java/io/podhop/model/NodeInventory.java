package io.podhop.model;

import java.util.List;

/**
 * What an agent tells the collector about its node.
 *
 * @param primaryAddress the primary address of the primary ENI: what SNAT uses
 * @param vpcCidrs ranges that the SNAT chain exempts
 * @param unaddressed pods that asked for an address and got none, the latest first
 * @param warnings what the agent could not read, in sentences
 */
public record NodeInventory(
    String node,
    IpAddress primaryAddress,
    List<Cidr> vpcCidrs,
    List<EniInfo> enis,
    List<PodInfo> pods,
    List<ServicePort> services,
    List<Unaddressed> unaddressed,
    List<String> warnings) {
  public NodeInventory {
    vpcCidrs = List.copyOf(vpcCidrs);
    enis = List.copyOf(enis);
    pods = List.copyOf(pods);
    services = List.copyOf(services);
    unaddressed = List.copyOf(unaddressed);
    warnings = List.copyOf(warnings);
  }

  /** Of a node whose pods all have an address. */
  public NodeInventory(
      String node,
      IpAddress primaryAddress,
      List<Cidr> vpcCidrs,
      List<EniInfo> enis,
      List<PodInfo> pods,
      List<ServicePort> services,
      List<String> warnings) {
    this(node, primaryAddress, vpcCidrs, enis, pods, services, List.of(), warnings);
  }
}
