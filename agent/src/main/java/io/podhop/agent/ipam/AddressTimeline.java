package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The life of one address, as far as it is known.
 *
 * @param holders earliest first; {@link Allocation#evidence} tells which ends are bounds only
 * @param coolings its cooldowns, earliest first
 * @param enis which ENIs had it, earliest first
 * @param knownSince before it, holdings may be missing; empty when ipamd.log is not there
 */
public record AddressTimeline(
    IpAddress address,
    List<Allocation> holders,
    List<Cooling> coolings,
    List<EniTenure> enis,
    Optional<Instant> knownSince) {
  /** A log and the data store may differ by this about one release. */
  private static final Duration SAME = Duration.ofSeconds(2);

  public AddressTimeline {
    holders = List.copyOf(holders);
    coolings = List.copyOf(coolings);
    enis = List.copyOf(enis);
  }

  static AddressTimeline of(IpamSnapshot snapshot, IpAddress address) {
    List<Allocation> holders = new ArrayList<>(snapshot.historyOf(address));
    IntrospectionSnapshot live = snapshot.introspection();
    live.slot(address)
        .flatMap(slot -> live.eniOf(address).flatMap(eni -> unseen(holders, slot, eni, live)))
        .ifPresent(holders::add);
    holders.sort(Comparator.comparing(Allocation::from));
    List<EniTenure> enis = new ArrayList<>(snapshot.pool().enisOf(address));
    live.eniOf(address)
        .filter(eni -> enis.stream().noneMatch(known -> stillOn(known, eni)))
        .ifPresent(eni -> enis.add(tenure(eni, address)));
    return new AddressTimeline(
        address,
        holders,
        snapshot.coolings().getOrDefault(address, List.of()),
        enis,
        snapshot.knownSince());
  }

  private static boolean stillOn(EniTenure known, EniPool eni) {
    return known.until().isEmpty() && known.eniId().equals(eni.id());
  }

  private static EniTenure tenure(EniPool eni, IpAddress address) {
    return new EniTenure(
        eni.id(),
        eni.blockOf(address).orElseThrow().cidr(),
        Optional.empty(),
        Optional.empty(),
        AllocationEvidence.line("/v1/enis", eni.id() + " has the address"));
  }

  /** A holding that only the data store knows, since the log that said it is gone. */
  private static Optional<Allocation> unseen(
      List<Allocation> known, EniPool.Slot slot, EniPool eni, IntrospectionSnapshot live) {
    if (slot.assignedAt().isEmpty() && !slot.assigned()) {
      return Optional.empty();
    }
    Instant readAt = live.readAt().orElse(Instant.EPOCH);
    Instant from = slot.assignedAt().orElse(readAt);
    Optional<Instant> until = slot.assigned() ? Optional.empty() : slot.unassignedAt();
    boolean seen =
        known.stream()
            .anyMatch(
                holding ->
                    !holding.from().isAfter(until.orElse(readAt).plus(SAME))
                        && holding.until().map(end -> end.isAfter(from.minus(SAME))).orElse(true));
    if (seen || (!slot.assigned() && until.isEmpty())) {
      return Optional.empty();
    }
    AllocationEvidence evidence =
        new AllocationEvidence(
            AllocationEvidence.line("/v1/enis", slot.address() + " AssignedTime " + from),
            until.map(
                end ->
                    AllocationEvidence.line("/v1/enis", slot.address() + " UnassignedTime " + end)),
            slot.assignedAt().isEmpty(),
            false,
            until.orElse(readAt));
    return Optional.of(
        new Allocation(
            slot.address(),
            slot.pod(),
            slot.containerId(),
            slot.interfaceName(),
            OptionalInt.of(eni.deviceNumber()),
            eni.routeTable(),
            "",
            from,
            until,
            evidence));
  }

  /** What the address was at the instant. */
  public AddressState stateAt(Instant instant) {
    Optional<Allocation> held =
        holders.reversed().stream().filter(holding -> holding.covers(instant)).findFirst();
    if (held.isPresent()) {
      AllocationEvidence evidence = held.get().evidence();
      boolean certain = !evidence.untilAtMost() || !instant.isAfter(evidence.seenAt());
      return new AddressState.Held(held.get(), certain);
    }
    Optional<Allocation> last =
        holders.reversed().stream().filter(holding -> !holding.from().isAfter(instant)).findFirst();
    Optional<Cooling> cooling =
        coolings.reversed().stream().filter(known -> known.covers(instant)).findFirst();
    if (cooling.isPresent()) {
      return new AddressState.InCooldown(cooling.get(), last);
    }
    Optional<Allocation> next =
        holders.stream().filter(holding -> holding.from().isAfter(instant)).findFirst();
    if (next.isPresent() && next.get().evidence().fromAtLeast()) {
      return new AddressState.Unknown(
          "who holds it from " + next.get().from() + " on may have held it before", knownSince);
    }
    if (knownSince.isEmpty()) {
      return new AddressState.Unknown("there is no ipamd.log", knownSince);
    }
    return instant.isBefore(knownSince.get())
        ? new AddressState.Unknown("ipamd's logs do not go back so far", knownSince)
        : new AddressState.Free(last);
  }
}
