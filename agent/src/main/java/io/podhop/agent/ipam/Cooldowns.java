package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Collects cooldowns, as logged or as they follow from releases. Bounded; drops the oldest. */
final class Cooldowns {
  private static final int MAX_ADDRESSES = 8192;
  private static final int MAX_PER_ADDRESS = 16;

  /** The release and its cooldown are logged in one go. */
  private static final Duration SAME = Duration.ofSeconds(5);

  private final Map<IpAddress, List<Cooling>> byAddress = new LinkedHashMap<>();
  private long forgotten;

  long forgotten() {
    return forgotten;
  }

  /** A release: every one of them begins a cooldown, whether the release of the CNI says so. */
  void released(IpAddress address, Instant at, Citation line) {
    if (near(address, at).isEmpty()) {
      add(new Cooling(address, at, at.plus(Cooling.USUAL), Optional.empty(), false, line));
    }
  }

  void entered(IpamEvent.CooldownEntered event, Citation line) {
    Optional<Cooling> known = near(event.address(), event.at());
    known.ifPresent(cooling -> of(event.address()).remove(cooling));
    Instant from = known.map(Cooling::from).orElse(event.at());
    add(
        new Cooling(
            event.address(),
            from,
            event.until().orElse(event.at().plus(Cooling.USUAL)),
            known.flatMap(Cooling::leftAt),
            true,
            line));
  }

  void left(IpamEvent.CooldownLeft event) {
    List<Cooling> all = of(event.address());
    for (int i = all.size() - 1; i >= 0; i--) {
      Cooling cooling = all.get(i);
      if (!cooling.from().isAfter(event.at())) {
        all.set(
            i,
            new Cooling(
                cooling.address(),
                cooling.from(),
                cooling.availableAfter(),
                Optional.of(event.at()),
                cooling.logged(),
                cooling.evidence()));
        return;
      }
    }
  }

  /**
   * @param restartAfter when ipamd started next, after an instant
   */
  Map<IpAddress, List<Cooling>> freeze(Function<Instant, Optional<Instant>> restartAfter) {
    Map<IpAddress, List<Cooling>> frozen = LinkedHashMap.newLinkedHashMap(byAddress.size());
    byAddress.forEach(
        (address, all) ->
            frozen.put(address, all.stream().map(cooling -> cut(cooling, restartAfter)).toList()));
    return frozen;
  }

  private static Cooling cut(Cooling cooling, Function<Instant, Optional<Instant>> restartAfter) {
    Optional<Instant> restart =
        restartAfter.apply(cooling.from()).filter(at -> at.isBefore(cooling.availableAfter()));
    return restart.isEmpty()
        ? cooling
        : new Cooling(
            cooling.address(),
            cooling.from(),
            restart.get(),
            cooling.leftAt(),
            cooling.logged(),
            cooling.evidence());
  }

  private Optional<Cooling> near(IpAddress address, Instant at) {
    return byAddress.getOrDefault(address, List.of()).stream()
        .filter(cooling -> Duration.between(cooling.from(), at).abs().compareTo(SAME) <= 0)
        .findFirst();
  }

  private List<Cooling> of(IpAddress address) {
    return byAddress.computeIfAbsent(address, _ -> new ArrayList<>(2));
  }

  private void add(Cooling cooling) {
    List<Cooling> all = of(cooling.address());
    int at = all.size();
    while (at > 0 && all.get(at - 1).from().isAfter(cooling.from())) {
      at--;
    }
    all.add(at, cooling);
    if (all.size() > MAX_PER_ADDRESS) {
      all.removeFirst();
      forgotten++;
    }
    if (byAddress.size() > MAX_ADDRESSES) {
      IpAddress oldest = byAddress.keySet().iterator().next();
      List<Cooling> dropped = byAddress.remove(oldest);
      forgotten += dropped == null ? 0 : dropped.size();
    }
  }
}
