package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds why there was no address, by the lines around the failure. Pure. */
final class ExhaustionFinder {
  /** What ipamd logs of a failure it logs at once. */
  private static final Duration AFTER = Duration.ofSeconds(10);

  /** With a fifth of the pool in cooldown, waiting half a minute would have helped. */
  private static final int CHURN_SHARE = 5;

  private final PoolHistory pool;

  ExhaustionFinder(PoolHistory pool) {
    this.pool = pool;
  }

  /** The failure's own words come first: they are about this ADD and no other. */
  Exhaustion of(IpamEvent.NoAddress failure) {
    Citation own = AllocationEvidence.line("", failure.reason());
    Optional<Trouble.Kind> kind = PoolMessages.trouble(failure.reason());
    if (kind.isPresent()) {
      List<Citation> lines = new ArrayList<>();
      at(failure.at(), kind.get())
          .ifPresentOrElse(found -> cite(found, lines), () -> lines.add(own));
      return of(kind.get(), lines);
    }
    return at(failure.at());
  }

  /** Why the pool could not give an address at the instant. */
  Exhaustion at(Instant instant) {
    for (Trouble.Kind kind :
        List.of(
            Trouble.Kind.VERSION_SKEW,
            Trouble.Kind.IPAMD_DOWN,
            Trouble.Kind.UNAUTHORIZED,
            Trouble.Kind.THROTTLED)) {
      Optional<Trouble> found = at(instant, kind);
      if (found.isPresent()) {
        return of(kind, cited(found.get()));
      }
    }
    Optional<Trouble> latest = laterOf(Trouble.Kind.FRAGMENTED, Trouble.Kind.SUBNET_EMPTY, instant);
    if (latest.isPresent()) {
      List<Citation> lines = cited(latest.get());
      at(instant, Trouble.Kind.SUBNET_BACKOFF).ifPresent(waits -> cite(waits, lines));
      return of(latest.get().kind(), lines);
    }
    return ofPool(instant);
  }

  private Exhaustion ofPool(Instant instant) {
    List<Citation> lines = new ArrayList<>();
    at(instant, Trouble.Kind.INSTANCE_LIMIT).ifPresent(limit -> cite(limit, lines));
    int cooling = pool.statsAt(instant).stream().mapToInt(s -> s.cooldown().orElse(0)).sum();
    int total = pool.statsAt(instant).stream().mapToInt(PoolStats::total).sum();
    if (cooling > 0 && cooling * CHURN_SHARE >= total) {
      return new Exhaustion.CooldownChurn(cooling, List.copyOf(lines));
    }
    if (!lines.isEmpty()) {
      return new Exhaustion.InstanceLimit(List.copyOf(lines));
    }
    at(instant, Trouble.Kind.TRUNK).ifPresent(trunk -> cite(trunk, lines));
    if (!lines.isEmpty()) {
      return new Exhaustion.TrunkTrouble(List.copyOf(lines));
    }
    at(instant, Trouble.Kind.SUBNET_BACKOFF).ifPresent(waits -> cite(waits, lines));
    return new Exhaustion.Unknown(List.copyOf(lines));
  }

  static Exhaustion of(Trouble.Kind kind, List<Citation> found) {
    List<Citation> lines = List.copyOf(found);
    return switch (kind) {
      case INSTANCE_LIMIT -> new Exhaustion.InstanceLimit(lines);
      case SUBNET_EMPTY -> new Exhaustion.SubnetEmpty(lines);
      case FRAGMENTED -> new Exhaustion.PrefixFragmentation(lines);
      case SUBNET_BACKOFF -> new Exhaustion.Unknown(lines);
      case THROTTLED -> new Exhaustion.Throttling(lines);
      case UNAUTHORIZED -> new Exhaustion.Unauthorized(lines);
      case TRUNK -> new Exhaustion.TrunkTrouble(lines);
      case IPAMD_DOWN -> new Exhaustion.IpamdDown(lines);
      case VERSION_SKEW -> new Exhaustion.VersionSkew(lines);
    };
  }

  private Optional<Trouble> at(Instant instant, Trouble.Kind kind) {
    return pool.troubles().reversed().stream()
        .filter(trouble -> trouble.kind() == kind)
        .filter(trouble -> !trouble.from().isAfter(instant.plus(AFTER)))
        .filter(trouble -> !trouble.to().isBefore(instant.minus(Trouble.LASTING)))
        .findFirst();
  }

  private Optional<Trouble> laterOf(Trouble.Kind one, Trouble.Kind other, Instant instant) {
    Optional<Trouble> first = at(instant, one);
    Optional<Trouble> second = at(instant, other);
    boolean secondIsLater =
        first.isEmpty() || (second.isPresent() && second.get().to().isAfter(first.get().to()));
    return secondIsLater ? second : first;
  }

  private static List<Citation> cited(Trouble trouble) {
    List<Citation> lines = new ArrayList<>();
    cite(trouble, lines);
    return lines;
  }

  private static void cite(Trouble trouble, List<Citation> lines) {
    lines.add(trouble.first());
    if (!trouble.last().equals(trouble.first())) {
      lines.add(trouble.last());
    }
  }
}
