package io.podhop.agent.correlate;

import io.podhop.agent.ipam.EniPool;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.EniInfo;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The ids of a node's ENIs, which the kernel does not know: ipamd's log gives them by MAC address,
 * its data store by routing table.
 */
record EniNames(IpamSnapshot ipam, RouteSnapshot routes) {
  List<EniInfo> named(List<EniInfo> enis) {
    return enis.stream().map(this::named).toList();
  }

  private EniInfo named(EniInfo eni) {
    return new EniInfo(
        byMac(eni).or(() -> byTable(eni)).orElse(eni.id()),
        eni.interfaceName(),
        eni.ifindex(),
        eni.addresses(),
        eni.routeTable());
  }

  private Optional<String> byMac(EniInfo eni) {
    return routes
        .link(eni.ifindex())
        .map(Link::mac)
        .map(mac -> ipam.pool().eniByMac().get(mac.toLowerCase(Locale.ROOT)));
  }

  /** Only when one ENI alone can have the table: a wrong id is worse than none. */
  private Optional<String> byTable(EniInfo eni) {
    List<String> candidates =
        ipam.introspection().enis().stream()
            .filter(pool -> table(pool) == eni.routeTable())
            .map(EniPool::id)
            .toList();
    return candidates.size() == 1 ? Optional.of(candidates.getFirst()) : Optional.empty();
  }

  /** As ipamd says; before 1.20 it numbered tables by the device, on the only card it used. */
  private static int table(EniPool pool) {
    int ofDevice = pool.deviceNumber() == 0 ? RtNames.TABLE_MAIN : pool.deviceNumber() + 1;
    return pool.routeTable().orElse(ofDevice);
  }
}
