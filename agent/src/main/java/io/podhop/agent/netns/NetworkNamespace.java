package io.podhop.agent.netns;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.Link;
import io.podhop.model.IpAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A network namespace other than the agent's, as it was when last entered.
 *
 * @param inode its identity on the node for as long as it lives; reused afterwards
 * @param pid a process in it
 * @param startTicks when that process started: tells a reused pid
 * @param nsPath where to enter it, {@code /proc/PID/ns/net}
 */
public record NetworkNamespace(
    long inode,
    int pid,
    long startTicks,
    Path nsPath,
    List<Link> links,
    List<InterfaceAddress> addresses) {
  private static final String POD_INTERFACE = "eth0";

  public NetworkNamespace {
    links = List.copyOf(links);
    addresses = List.copyOf(addresses);
  }

  /** The interface that the CNI made for the pod; empty in namespaces that are no pod's. */
  public Optional<Link> eth0() {
    return link(POD_INTERFACE);
  }

  public Optional<Link> link(String name) {
    return links.stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /** Global addresses of eth0: those by which the node and the VPC know the pod. */
  public List<IpAddress> podAddresses() {
    return addresses.stream()
        .filter(address -> address.interfaceName().equals(POD_INTERFACE) && address.isGlobal())
        .map(InterfaceAddress::address)
        .toList();
  }
}
