package io.podhop.agent.correlate;

import io.podhop.model.EniInfo;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodInfo;
import io.podhop.model.Role;

/**
 * Names a node's points alike wherever they are watched and wherever they are predicted.
 *
 * @param hostInode of the node's own network namespace; 0 when it is not known
 */
public record NodePoints(String node, long hostInode) {
  /** A pod's first interface. */
  public ObservationPoint podEth0(PodInfo pod) {
    return pod(pod, "eth0");
  }

  /** Any of a pod's interfaces. */
  public ObservationPoint pod(PodInfo pod, String interfaceName) {
    return new ObservationPoint(
        node, Role.POD_ETH0, pod.netnsInode(), 0, interfaceName, pod.ref().toString());
  }

  public ObservationPoint hostVeth(PodInfo pod) {
    return hostVeth(pod, pod.hostVethIndex(), pod.hostVeth());
  }

  /** The host's end of another veth pair of the pod than its first one's. */
  public ObservationPoint hostVeth(PodInfo pod, int ifindex, String interfaceName) {
    return new ObservationPoint(
        node, Role.HOST_VETH, hostInode, ifindex, interfaceName, pod.ref().toString());
  }

  public ObservationPoint eni(EniInfo eni) {
    return eni(Role.ENI, eni);
  }

  /**
   * @param role ENI or BRANCH_ENI
   */
  public ObservationPoint eni(Role role, EniInfo eni) {
    return new ObservationPoint(
        node, role, hostInode, eni.ifindex(), eni.interfaceName(), eni.id());
  }
}
