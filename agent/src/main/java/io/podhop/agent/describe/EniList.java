package io.podhop.agent.describe;

import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.Cooling;
import io.podhop.agent.ipam.EniEvent;
import io.podhop.agent.ipam.EniPool;
import io.podhop.agent.ipam.EniTenure;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.RtNames;
import io.podhop.model.Cidr;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeDescription;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A node's ENIs: what the kernel has, what ipamd tells, and where it is silent, what it logged. */
final class EniList {
  private final NodeView view;
  private final IpamSnapshot ipam;
  private final Instant moment;
  private final Map<IpAddress, Allocation> held = new HashMap<>();

  /**
   * @param moment at which addresses are cooling or not
   */
  EniList(NodeView view, Instant moment) {
    this.view = view;
    this.ipam = view.ipam();
    this.moment = moment;
    ipam.current().forEach(holding -> held.put(holding.address(), holding));
  }

  List<NodeDescription.Eni> enis() {
    List<NodeDescription.Eni> enis = new ArrayList<>();
    List<EniPool> told = new ArrayList<>(ipam.introspection().enis());
    for (EniInfo eni : view.inventory().enis()) {
      Optional<EniPool> pool = told.stream().filter(known -> known.id().equals(eni.id())).findAny();
      pool.ifPresent(told::remove);
      enis.add(pool.isPresent() ? told(pool.get(), Optional.of(eni)) : logged(eni));
    }
    told.forEach(pool -> enis.add(told(pool, Optional.empty())));
    return enis;
  }

  private NodeDescription.Eni told(EniPool pool, Optional<EniInfo> eni) {
    return new NodeDescription.Eni(
        pool.id(),
        eni.map(EniInfo::interfaceName).orElse(""),
        pool.primary(),
        pool.trunk(),
        pool.excluded(),
        true,
        pool.deviceNumber(),
        pool.networkCard(),
        eni.map(EniInfo::routeTable).orElse(pool.routeTable().orElse(0)),
        pool.subnetId(),
        eni.map(EniInfo::addresses).orElse(List.of()),
        pool.blocks().stream().map(this::range).toList());
  }

  private NodeDescription.Range range(EniPool.Block block) {
    List<NodeDescription.Slot> slots = new ArrayList<>();
    for (EniPool.Slot slot : block.addresses()) {
      Optional<Instant> cooling = cooling(slot.address());
      if (slot.assigned()) {
        slots.add(
            new NodeDescription.Slot(
                slot.address(),
                slot.pod().or(() -> holder(slot.address()).flatMap(Allocation::pod)),
                slot.assignedAt(),
                Optional.empty()));
      } else if (cooling.isPresent()) {
        slots.add(
            new NodeDescription.Slot(slot.address(), Optional.empty(), Optional.empty(), cooling));
      }
    }
    return new NodeDescription.Range(block.cidr(), block.prefix(), block.size(), slots);
  }

  /** ipamd's endpoint is silent, or does not know this ENI. */
  private NodeDescription.Eni logged(EniInfo eni) {
    List<NodeDescription.Range> ranges =
        ipam.pool().tenures().stream()
            .filter(tenure -> tenure.until().isEmpty() && tenure.eniId().equals(eni.id()))
            .map(EniTenure::block)
            .map(this::range)
            .toList();
    return new NodeDescription.Eni(
        eni.id(),
        eni.interfaceName(),
        eni.routeTable() == RtNames.TABLE_MAIN,
        last(eni, EniEvent.Kind.TYPED).filter(event -> event.detail().equals("trunk")).isPresent(),
        isExcluded(eni),
        false,
        0,
        0,
        eni.routeTable(),
        "",
        eni.addresses(),
        ranges);
  }

  private NodeDescription.Range range(Cidr block) {
    List<NodeDescription.Slot> slots = new ArrayList<>();
    held.values().stream()
        .filter(holding -> block.contains(holding.address()))
        .map(
            holding ->
                new NodeDescription.Slot(
                    holding.address(),
                    holding.pod(),
                    Optional.of(holding.from()),
                    Optional.empty()))
        .forEach(slots::add);
    ipam.coolings().keySet().stream()
        .filter(address -> block.contains(address) && !held.containsKey(address))
        .flatMap(
            address ->
                cooling(address).stream()
                    .map(
                        until ->
                            new NodeDescription.Slot(
                                address, Optional.empty(), Optional.empty(), Optional.of(until))))
        .forEach(slots::add);
    slots.sort((a, b) -> a.address().compareTo(b.address()));
    int host = block.address().bits() - block.prefixLength();
    long size = new EniPool.Block(block, host > 0, List.of()).size();
    return new NodeDescription.Range(block, host > 0, size, slots);
  }

  private Optional<Allocation> holder(IpAddress address) {
    return Optional.ofNullable(held.get(address));
  }

  /** When the address may be given out again; empty when it is not cooling. */
  private Optional<Instant> cooling(IpAddress address) {
    Optional<Instant> logged =
        ipam.coolings().getOrDefault(address, List.of()).stream()
            .filter(known -> known.covers(moment))
            .map(Cooling::availableAfter)
            .findFirst();
    return logged.or(
        () ->
            ipam.introspection()
                .slot(address)
                .filter(slot -> !slot.assigned())
                .flatMap(EniPool.Slot::unassignedAt)
                .map(at -> at.plus(ipam.introspection().cooldown()))
                .filter(moment::isBefore));
  }

  private boolean isExcluded(EniInfo eni) {
    return ipam.pool().eniEvents().reversed().stream()
        .filter(event -> event.eniId().equals(eni.id()))
        .map(EniEvent::kind)
        .filter(kind -> kind == EniEvent.Kind.EXCLUDED || kind == EniEvent.Kind.INCLUDED)
        .findFirst()
        .filter(kind -> kind == EniEvent.Kind.EXCLUDED)
        .isPresent();
  }

  private Optional<EniEvent> last(EniInfo eni, EniEvent.Kind kind) {
    return ipam.pool().eniEvents().reversed().stream()
        .filter(event -> event.kind() == kind && event.eniId().equals(eni.id()))
        .findFirst();
  }
}
