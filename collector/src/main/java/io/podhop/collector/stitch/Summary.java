package io.podhop.collector.stitch;

import io.podhop.model.IpAddress;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** One verdict over several connections: what they have in common says more than the worst. */
final class Summary {
  private static final int MAX_REASONS = 10;

  private final List<Trace> traces;
  private final Verdict worst;

  private Summary(List<Trace> traces) {
    this.traces = traces;
    this.worst = Judge.worst(traces.stream().map(Trace::verdict).toList());
  }

  static Verdict of(List<Trace> traces) {
    return new Summary(traces).verdict();
  }

  /** How the connections to one address went. */
  private record Tally(int all, int failed) {
    Tally and(boolean delivered) {
      return new Tally(all + 1, failed + (delivered ? 0 : 1));
    }
  }

  private Verdict verdict() {
    long failed = traces.stream().filter(t -> !isDelivered(t)).count();
    if (failed == 0 || failed == traces.size() && targets().size() < 2) {
      return worst;
    }
    Map<IpAddress, Tally> targets = targets();
    long dead = targets.values().stream().filter(t -> t.failed() == t.all()).count();
    if (dead > 0 && dead < targets.size()) {
      return deadBackends(targets, dead);
    }
    return failed < traces.size() && isRandomLoss() ? lossy(failed) : worst;
  }

  private static boolean isDelivered(Trace trace) {
    return trace.verdict().id() == Verdict.Id.DELIVERED;
  }

  private Map<IpAddress, Tally> targets() {
    Map<IpAddress, Tally> targets = new LinkedHashMap<>();
    traces.forEach(
        t ->
            targets.merge(
                t.wire().destination(),
                new Tally(0, 0).and(isDelivered(t)),
                (all, _) -> all.and(isDelivered(t))));
    return targets;
  }

  private Verdict deadBackends(Map<IpAddress, Tally> targets, long dead) {
    String which =
        targets.entrySet().stream()
            .map(
                e ->
                    "%s answered %d of %d connections"
                        .formatted(
                            e.getKey(),
                            e.getValue().all() - e.getValue().failed(),
                            e.getValue().all()))
            .collect(Collectors.joining(", "));
    return new Verdict(
        worst.id(),
        worst.degraded(),
        worst.place(),
        worst.direction(),
        "%d of %d backends dead (%s): %s".formatted(dead, targets.size(), which, worst.cause()),
        worst.evidence(),
        worst.grade(),
        worst.gradeReason(),
        Advice.BACKEND);
  }

  /** The same way let some through and lost others, and nothing but the VPC lost any. */
  private boolean isRandomLoss() {
    return traces.stream()
        .filter(t -> !isDelivered(t))
        .allMatch(t -> t.verdict().id() == Verdict.Id.LOST_IN_VPC);
  }

  private Verdict lossy(long failed) {
    Set<String> reasons = new LinkedHashSet<>();
    reasons.add(
        "random loss: %d of %d connections were not answered in time, lost between %s and %s"
            .formatted(failed, traces.size(), worst.place().after(), worst.place().before()));
    traces.stream()
        .filter(Summary::isDelivered)
        .flatMap(t -> t.verdict().degraded().stream())
        .limit(MAX_REASONS)
        .forEach(reasons::add);
    return new Verdict(
        Verdict.Id.DELIVERED,
        List.copyOf(reasons),
        worst.place(),
        worst.direction(),
        "%d of %d connections were answered".formatted(traces.size() - failed, traces.size()),
        worst.evidence(),
        worst.grade(),
        worst.gradeReason(),
        "Look for what drops at random between the two ENIs: allowances exceeded (ethtool -S) or an overloaded appliance.");
  }
}
