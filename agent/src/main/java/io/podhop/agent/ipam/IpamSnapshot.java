package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who held which address when, as known at one poll. Immutable.
 *
 * @param failures the last ADDs that got no address, oldest first
 * @param warnings what could not be read and what follows from it, for people
 */
public record IpamSnapshot(
    Map<IpAddress, List<Allocation>> allocations,
    List<IpamEvent.NoAddress> failures,
    List<String> warnings,
    IpamCounters counters) {
  public IpamSnapshot {
    allocations = Map.copyOf(allocations);
    failures = List.copyOf(failures);
    warnings = List.copyOf(warnings);
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

  /** All known holdings of the address, earliest first. */
  public List<Allocation> historyOf(IpAddress address) {
    return allocations.getOrDefault(address, List.of());
  }

  /** The holdings that have not ended, by address. */
  public List<Allocation> current() {
    return allocations.values().stream()
        .flatMap(Collection::stream)
        .filter(allocation -> allocation.until().isEmpty())
        .sorted(Comparator.comparing(Allocation::address))
        .toList();
  }
}
