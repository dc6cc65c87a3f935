package io.podhop.agent.correlate;

import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.linux.Link;
import io.podhop.agent.netns.NetworkNamespace;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where a pod was seen, before it has a name.
 *
 * @param podInterface its own end of the veth pair, when its namespace was entered
 * @param netnsInode 0 when it was not
 * @param pid likewise
 */
record PodSight(List<IpAddress> addresses, Optional<Link> podInterface, long netnsInode, int pid) {
  PodSight {
    addresses = List.copyOf(addresses);
  }

  static PodSight of(NetworkNamespace namespace) {
    return new PodSight(
        namespace.podAddresses(), namespace.eth0(), namespace.inode(), namespace.pid());
  }

  /** One for each sandbox that ipamd knows, and for each routed address that it does not know. */
  static List<PodSight> fromOutside(List<Allocation> current, List<IpAddress> routed) {
    Map<String, List<IpAddress>> bySandbox = new LinkedHashMap<>();
    Set<IpAddress> known = new HashSet<>();
    for (Allocation allocation : current) {
      IpAddress address = allocation.address();
      String id = allocation.containerId();
      bySandbox
          .computeIfAbsent(id.isEmpty() ? address.toString() : id, _ -> new ArrayList<>())
          .add(address);
      known.add(address);
    }
    List<PodSight> sights = new ArrayList<>();
    bySandbox.values().forEach(addresses -> sights.add(fromOutside(addresses)));
    routed.stream()
        .filter(address -> !known.contains(address))
        .forEach(address -> sights.add(fromOutside(List.of(address))));
    return sights;
  }

  private static PodSight fromOutside(List<IpAddress> addresses) {
    return new PodSight(addresses, Optional.empty(), 0, 0);
  }
}
