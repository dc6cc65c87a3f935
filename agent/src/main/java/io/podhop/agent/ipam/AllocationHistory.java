package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Per address, who held it when: intervals in order of their beginning, none overlapping. */
final class AllocationHistory {
  private static final int MAX_PER_ADDRESS = 64;

  private final int maxAddresses;
  private final Map<IpAddress, List<Holding>> byAddress = new LinkedHashMap<>();
  private Instant forgottenUntil = Instant.EPOCH;
  private long forgotten;

  AllocationHistory(int maxAddresses) {
    this.maxAddresses = maxAddresses;
  }

  /** Holdings dropped because a bound was reached. */
  long forgotten() {
    return forgotten;
  }

  /** Before this a holding may be missing because it was dropped. */
  Instant forgottenUntil() {
    return forgottenUntil;
  }

  List<Holding> of(IpAddress address) {
    return byAddress.getOrDefault(address, List.of());
  }

  /** The latest holding of the address that satisfies the condition. */
  Optional<Holding> latest(IpAddress address, Predicate<Holding> condition) {
    List<Holding> all = of(address);
    for (int i = all.size() - 1; i >= 0; i--) {
      if (condition.test(all.get(i))) {
        return Optional.of(all.get(i));
      }
    }
    return Optional.empty();
  }

  List<Holding> open() {
    return byAddress.values().stream().flatMap(List::stream).filter(Holding::isOpen).toList();
  }

  /** Puts a holding at its time and ends the one before it there: an address has one holder. */
  void add(Holding holding) {
    List<Holding> all = byAddress.computeIfAbsent(holding.address, _ -> new ArrayList<>(2));
    int at = all.size();
    while (at > 0 && all.get(at - 1).from.isAfter(holding.from)) {
      at--;
    }
    all.add(at, holding);
    clip(all, at);
    if (all.size() > MAX_PER_ADDRESS) {
      forget(all.remove(0));
    }
    if (byAddress.size() > maxAddresses) {
      forgetOldest(holding.address);
    }
  }

  /** After its beginning or its end was corrected. */
  void reposition(Holding holding) {
    List<Holding> all = byAddress.get(holding.address);
    if (all != null && all.remove(holding)) {
      add(holding);
    }
  }

  private static void clip(List<Holding> all, int at) {
    Holding holding = all.get(at);
    if (at > 0) {
      all.get(at - 1).endBy(holding);
    }
    if (at + 1 < all.size()) {
      holding.endBy(all.get(at + 1));
    }
  }

  private void forget(Holding dropped) {
    forgotten++;
    Instant end = dropped.until.orElse(dropped.seen);
    if (end.isAfter(forgottenUntil)) {
      forgottenUntil = end;
    }
  }

  /** Prefers an address that nobody holds any more. */
  private void forgetOldest(IpAddress keep) {
    IpAddress victim = null;
    for (Map.Entry<IpAddress, List<Holding>> entry : byAddress.entrySet()) {
      boolean held = entry.getValue().stream().anyMatch(Holding::isOpen);
      if (!entry.getKey().equals(keep) && (victim == null || !held)) {
        victim = entry.getKey();
      }
      if (victim != null && !held) {
        break;
      }
    }
    if (victim != null) {
      byAddress.getOrDefault(victim, List.of()).forEach(this::forget);
      byAddress.remove(victim);
    }
  }

  Map<IpAddress, List<Allocation>> freeze() {
    Map<IpAddress, List<Allocation>> frozen = LinkedHashMap.newLinkedHashMap(byAddress.size());
    byAddress.forEach(
        (address, all) -> frozen.put(address, all.stream().map(Holding::toAllocation).toList()));
    return frozen;
  }
}
