package io.podhop.agent.predict;

import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.EniPool;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.EniOwnership;
import io.podhop.agent.route.NextHop;
import io.podhop.agent.route.Route;
import io.podhop.model.Cidr;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which ENI has which address, by whoever knows: ipamd's data store has all of an ENI that it
 * manages; its log, or else the policy rules, those that pods have; the kernel the ENI's own. Of a
 * branch ENI, which ipamd does not list, the routes of its table tell.
 */
final class Ownership {
  private final NodeView view;

  private Ownership(NodeView view) {
    this.view = view;
  }

  static EniOwnership of(NodeView view) {
    Ownership ownership = new Ownership(view);
    return new EniOwnership(view.inventory().enis().stream().map(ownership::eni).toList());
  }

  private EniOwnership.Eni eni(EniInfo eni) {
    Set<Cidr> ranges = new LinkedHashSet<>();
    eni.addresses().forEach(address -> ranges.add(host(address)));
    Optional<EniPool> pool = pool(eni);
    pool.ifPresent(known -> known.blocks().forEach(block -> ranges.add(block.cidr())));
    if (isBranch(eni)) {
      ranges.addAll(routed(eni));
    }
    for (PodInfo pod : view.inventory().pods()) {
      if (pod.eniInterface().equals(eni.interfaceName())) {
        pod.addresses().stream().filter(this::unlisted).forEach(a -> ranges.add(host(a)));
      }
    }
    String id = eni.id().isEmpty() ? pool.map(EniPool::id).orElse("") : eni.id();
    return new EniOwnership.Eni(eni.interfaceName(), id, new ArrayList<>(ranges), pool.isPresent());
  }

  private static Cidr host(IpAddress address) {
    return new Cidr(address, address.bits());
  }

  /** What ipamd's data store lists belongs to the ENI that it says, whatever a policy rule says. */
  private boolean unlisted(IpAddress address) {
    return view.ipam().introspection().eniOf(address).isEmpty();
  }

  private boolean isBranch(EniInfo eni) {
    return view.routes().link(eni.interfaceName()).map(Link::kind).orElse("").equals("vlan");
  }

  /** In strict mode the table of a branch ENI has the routes to its pods. */
  private List<Cidr> routed(EniInfo eni) {
    return view.routes().table(eni.routeTable()).stream()
        .filter(route -> route.destination().prefixLength() == route.destination().address().bits())
        .filter(route -> !leavesBy(route, eni.interfaceName()))
        .map(Route::destination)
        .toList();
  }

  private static boolean leavesBy(Route route, String interfaceName) {
    return route.nextHop().map(NextHop::interfaceName).orElse("").equals(interfaceName);
  }

  /** By its id, else by its table, if one alone has it. */
  private Optional<EniPool> pool(EniInfo eni) {
    List<EniPool> pools = view.ipam().introspection().enis();
    Optional<EniPool> byId =
        pools.stream()
            .filter(pool -> !eni.id().isEmpty() && pool.id().equals(eni.id()))
            .findFirst();
    if (byId.isPresent() || !eni.id().isEmpty()) {
      return byId;
    }
    List<EniPool> byTable = pools.stream().filter(pool -> table(pool) == eni.routeTable()).toList();
    return byTable.size() == 1 ? Optional.of(byTable.getFirst()) : Optional.empty();
  }

  /** As ipamd says; before 1.20 it numbered tables by the device, on the only card it used. */
  private static int table(EniPool pool) {
    int ofDevice = pool.deviceNumber() == 0 ? RtNames.TABLE_MAIN : pool.deviceNumber() + 1;
    return pool.routeTable().orElse(ofDevice);
  }
}
