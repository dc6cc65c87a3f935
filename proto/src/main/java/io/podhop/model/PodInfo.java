package io.podhop.model;

import java.util.List;

/**
 * A pod on a node: its network namespace joined with what ipamd, the routes and the links say.
 *
 * @param containerId sandbox id; empty when unknown
 * @param addresses of the pod's own interface, without link-local ones
 * @param netnsInode inode number of its network namespace
 * @param pid a process in that namespace, in the agent's pid namespace
 * @param hostVeth host end of its veth pair; empty when unknown
 * @param eniInterface the ENI that owns its first address; empty when unknown
 * @param routeTable the table its packets should leave by (254 is main); 0 when unknown
 */
public record PodInfo(
    PodRef ref,
    String workload,
    String containerId,
    List<IpAddress> addresses,
    long netnsInode,
    int pid,
    String hostVeth,
    int hostVethIndex,
    String eniInterface,
    int routeTable) {
  public PodInfo {
    addresses = List.copyOf(addresses);
  }
}
