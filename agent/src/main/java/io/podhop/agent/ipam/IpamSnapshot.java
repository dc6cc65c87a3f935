package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who held which address when, as known at one poll. Immutable; every question is pure.
 *
 * @param failures the last ADDs that got no address, oldest first
 * @param coolings cooldowns by address, earliest first
 * @param pool ENIs and pool over time
 * @param adds the last ADDs step by step, earliest first
 * @param introspection ipamd's last answer; {@link IntrospectionSnapshot#EMPTY} without one
 * @param knownSince before it, holdings may be missing; empty when ipamd.log is not there
 * @param warnings what could not be read and what follows from it, for people
 */
public record IpamSnapshot(
    Map<IpAddress, List<Allocation>> allocations,
    List<IpamEvent.NoAddress> failures,
    Map<IpAddress, List<Cooling>> coolings,
    PoolHistory pool,
    List<AddTrail> adds,
    IntrospectionSnapshot introspection,
    Optional<Instant> knownSince,
    List<String> warnings,
    IpamCounters counters) {
  public IpamSnapshot {
    allocations = Map.copyOf(allocations);
    failures = List.copyOf(failures);
    coolings = Map.copyOf(coolings);
    adds = List.copyOf(adds);
    warnings = List.copyOf(warnings);
  }

  /** Of holdings and failures alone. */
  public IpamSnapshot(
      Map<IpAddress, List<Allocation>> allocations,
      List<IpamEvent.NoAddress> failures,
      List<String> warnings,
      IpamCounters counters) {
    this(
        allocations,
        failures,
        Map.of(),
        PoolHistory.EMPTY,
        List.of(),
        IntrospectionSnapshot.EMPTY,
        Optional.empty(),
        warnings,
        counters);
  }

  /** The same with other warnings. */
  public IpamSnapshot withWarnings(List<String> others) {
    return new IpamSnapshot(
        allocations, failures, coolings, pool, adds, introspection, knownSince, others, counters);
  }

  /** Who held the address at the instant; the later holding when two claim it. */
  public Optional<Allocation> holderAt(IpAddress address, Instant instant) {
    List<Allocation> history = historyOf(address);
    for (int i = history.size() - 1; i >= 0; i--) {
      if (history.get(i).covers(instant)) {
        return Optional.of(history.get(i));
      }
    }
    return Optional.empty();
  }

  /** Whether it was held, cooling or free at the instant, or why that cannot be told. */
  public AddressState stateAt(IpAddress address, Instant instant) {
    return timeline(address).stateAt(instant);
  }

  /** The life of an address: holders, cooldowns and ENIs. */
  public AddressTimeline timeline(IpAddress address) {
    return AddressTimeline.of(this, address);
  }

  /** All known holdings of the address by the logs and state files, earliest first. */
  public List<Allocation> historyOf(IpAddress address) {
    return allocations.getOrDefault(address, List.of());
  }

  /** All holdings of a pod, earliest first. Pods of one name follow one another. */
  public List<Allocation> byPod(PodRef pod) {
    return allocations.values().stream()
        .flatMap(Collection::stream)
        .filter(allocation -> allocation.pod().filter(pod::equals).isPresent())
        .sorted(Comparator.comparing(Allocation::from).thenComparing(Allocation::address))
        .toList();
  }

  /** The ADDs of a pod that are still remembered, earliest first. */
  public List<AddTrail> addsOf(PodRef pod) {
    return adds.stream().filter(trail -> trail.pod().filter(pod::equals).isPresent()).toList();
  }

  /** Why an ADD got no address. */
  public Exhaustion whyNoAddress(IpamEvent.NoAddress failure) {
    return new ExhaustionFinder(pool).of(failure);
  }

  /**
   * The node's addresses by number, and what limits them.
   *
   * @param instanceType {@code m5.large}, where it is known
   */
  public NodePool nodePool(Optional<String> instanceType, Instant now) {
    return NodePool.of(this, instanceType, now);
  }

  /** The holdings that have not ended, by address. */
  public List<Allocation> current() {
    return allocations.values().stream()
        .flatMap(Collection::stream)
        .filter(allocation -> allocation.until().isEmpty())
        .sorted(Comparator.comparing(Allocation::address))
        .toList();
  }

  /**
   * The holdings that have not ended, by address; also those that only ipamd's data store knows,
   * where neither logs nor state file are at hand.
   */
  public List<Allocation> currentWithDataStore() {
    List<Allocation> all = new ArrayList<>(current());
    Set<IpAddress> known = all.stream().map(Allocation::address).collect(Collectors.toSet());
    introspection.enis().stream()
        .flatMap(eni -> eni.blocks().stream())
        .flatMap(block -> block.addresses().stream())
        .filter(EniPool.Slot::assigned)
        .map(EniPool.Slot::address)
        .filter(known::add)
        .flatMap(address -> timeline(address).holders().reversed().stream().limit(1))
        .filter(holding -> holding.until().isEmpty())
        .forEach(all::add);
    all.sort(Comparator.comparing(Allocation::address));
    return List.copyOf(all);
  }
}
