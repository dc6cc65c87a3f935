package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The node's ENIs and its pool over time, by ipamd's log. Immutable.
 *
 * @param eniEvents in order of time
 * @param tenures addresses and prefixes on ENIs, in order of their beginning
 * @param stats counts of the pool where they changed, in order of time
 * @param latest the last count of each network card, even when nothing had changed
 * @param troubles in order of their beginning
 * @param restarts when ipamd started
 * @param eniByMac ENI ids by MAC address, {@code 02:…} in lower case
 * @param branches branch ENIs of pods, in order of time; a pod that went is still among them
 * @param instanceType as ipamd found it when it started last, {@code m5.large}; empty when the logs
 *     do not go back so far
 * @param forgotten entries dropped because the history is bounded
 */
public record PoolHistory(
    List<EniEvent> eniEvents,
    List<EniTenure> tenures,
    List<PoolStats> stats,
    Map<Integer, PoolStats> latest,
    List<Trouble> troubles,
    List<Instant> restarts,
    Map<String, String> eniByMac,
    List<BranchEni> branches,
    Optional<String> instanceType,
    long forgotten) {
  /** Nothing is known. */
  public static final PoolHistory EMPTY =
      new PoolHistory(
          List.of(),
          List.of(),
          List.of(),
          Map.of(),
          List.of(),
          List.of(),
          Map.of(),
          List.of(),
          Optional.empty(),
          0);

  public PoolHistory {
    eniEvents = List.copyOf(eniEvents);
    tenures = List.copyOf(tenures);
    stats = List.copyOf(stats);
    latest = Map.copyOf(latest);
    troubles = List.copyOf(troubles);
    restarts = List.copyOf(restarts);
    eniByMac = Map.copyOf(eniByMac);
    branches = List.copyOf(branches);
  }

  /** The same with as many entries dropped, here and elsewhere. */
  PoolHistory forgetting(long count) {
    return new PoolHistory(
        eniEvents,
        tenures,
        stats,
        latest,
        troubles,
        restarts,
        eniByMac,
        branches,
        instanceType,
        count);
  }

  /** Which ENIs had the address when, earliest first. */
  public List<EniTenure> enisOf(IpAddress address) {
    return tenures.stream().filter(tenure -> tenure.block().contains(address)).toList();
  }

  /** The branch ENI that had the address last. */
  public Optional<BranchEni> branchOf(IpAddress address) {
    return branches.reversed().stream()
        .filter(branch -> branch.address().equals(address))
        .findFirst();
  }

  /** The last count at or before the instant, of any network card. */
  public Optional<PoolStats> statsAt(Instant instant) {
    return stats.stream()
        .filter(count -> !count.at().isAfter(instant))
        .max(Comparator.comparing(PoolStats::at));
  }
}
