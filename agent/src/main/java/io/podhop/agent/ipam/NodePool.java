package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The addresses that this node can give to pods, and what limits them.
 *
 * @param asOf when these numbers were counted; empty when neither endpoint nor log told
 * @param enis as the introspection endpoint lists them; empty when only the log is there
 * @param prefixes delegated prefixes among the ENIs' blocks
 * @param total addresses that pods can have, prefixes counted whole
 * @param used held by pods
 * @param cooling released too recently
 * @param free what remains
 * @param branchPods pods on branch ENIs, which take none of these addresses
 * @param limits of the instance type; empty when it is not known
 * @param maxPods by the formula of {@link InstanceLimits#maxPods}; empty without limits
 * @param limitedBy why the pool cannot grow now; empty when nothing says that it cannot
 */
public record NodePool(
    Optional<Instant> asOf,
    List<EniPool> enis,
    int prefixes,
    long total,
    long used,
    long cooling,
    long free,
    int branchPods,
    Optional<InstanceLimits> limits,
    OptionalInt maxPods,
    Optional<Exhaustion> limitedBy) {
  public NodePool {
    enis = List.copyOf(enis);
  }

  /**
   * @param now at which addresses are cooling or not
   */
  static NodePool of(IpamSnapshot snapshot, Optional<String> instanceType, Instant now) {
    IntrospectionSnapshot live = snapshot.introspection();
    Counts counts = live.enis().isEmpty() ? logged(snapshot.pool()) : live(live, now);
    Optional<InstanceLimits> limits = instanceType.flatMap(InstanceLimits::of);
    int prefixes = counts.prefixes();
    boolean delegated = prefixes > 0 || isOn(live, "ENABLE_PREFIX_DELEGATION");
    boolean custom = isOn(live, "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG");
    OptionalInt maxPods =
        limits.isEmpty()
            ? OptionalInt.empty()
            : OptionalInt.of(limits.get().maxPods(delegated, custom));
    int branchPods =
        (int)
            snapshot.current().stream()
                .filter(held -> held.deviceNumber().isPresent())
                .filter(held -> held.deviceNumber().getAsInt() < 0)
                .count();
    return new NodePool(
        counts.asOf(),
        live.enis(),
        prefixes,
        counts.total(),
        counts.used(),
        counts.cooling(),
        Math.max(0, counts.total() - counts.used() - counts.cooling()),
        branchPods,
        limits,
        maxPods,
        limitedBy(snapshot, limits, counts, now));
  }

  private record Counts(
      Optional<Instant> asOf, int prefixes, long total, long used, long cooling) {}

  private static Counts live(IntrospectionSnapshot live, Instant now) {
    Duration period = live.cooldown();
    int prefixes = 0;
    long total = 0;
    long used = 0;
    long cooling = 0;
    for (EniPool eni : live.enis()) {
      for (EniPool.Block block : eni.excluded() ? List.<EniPool.Block>of() : eni.blocks()) {
        prefixes += block.prefix() ? 1 : 0;
        total = saturated(total, block.size());
        used += block.addresses().stream().filter(EniPool.Slot::assigned).count();
        cooling += block.addresses().stream().filter(slot -> isCooling(slot, now, period)).count();
      }
    }
    return new Counts(live.readAt(), prefixes, total, used, cooling);
  }

  private static boolean isCooling(EniPool.Slot slot, Instant now, Duration period) {
    return !slot.assigned()
        && slot.unassignedAt().filter(at -> now.isBefore(at.plus(period))).isPresent();
  }

  private static long saturated(long total, long more) {
    return total > Long.MAX_VALUE - more ? Long.MAX_VALUE : total + more;
  }

  private static boolean isOn(IntrospectionSnapshot live, String setting) {
    return "true".equalsIgnoreCase(live.settings().get(setting));
  }

  private static Counts logged(PoolHistory pool) {
    long total = 0;
    long used = 0;
    long cooling = 0;
    int prefixes = 0;
    Optional<Instant> asOf = Optional.empty();
    for (PoolStats card : pool.latest().values()) {
      total += card.total();
      used += card.assigned();
      cooling += card.cooldown().orElse(0);
      prefixes += card.prefixes().orElse(0);
      asOf = Optional.of(asOf.filter(at -> at.isBefore(card.at())).orElse(card.at()));
    }
    return new Counts(asOf, prefixes, total, used, cooling);
  }

  /**
   * A pool with room is not limited; a full one is by what the log says, or by its ENIs' number.
   */
  private static Optional<Exhaustion> limitedBy(
      IpamSnapshot snapshot, Optional<InstanceLimits> limits, Counts counts, Instant now) {
    if (counts.total() > counts.used() + counts.cooling() || counts.asOf().isEmpty()) {
      return Optional.empty();
    }
    Exhaustion logged = new ExhaustionFinder(snapshot.pool()).at(now);
    long enis =
        snapshot.introspection().enis().stream().filter(eni -> eni.networkCard() == 0).count();
    if (logged instanceof Exhaustion.Unknown
        && limits.isPresent()
        && enis >= limits.get().enisOfDefaultCard()) {
      Citation count =
          AllocationEvidence.line(
              "/v1/enis", enis + " ENIs, all that " + limits.get().instanceType() + " allows");
      return Optional.of(new Exhaustion.InstanceLimit(List.of(count)));
    }
    return Optional.of(logged);
  }
}
