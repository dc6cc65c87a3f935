package io.podhop.agent.capture;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which sources are watched by their edges only because the node cannot keep up. When anything was
 * lost since the last look, the busiest source that still gives every header is switched: its share
 * of the load is the largest. After a calm time sources come back, one at a time; a source that has
 * to be switched again waits twice as long.
 *
 * @param <S> what a source is known by
 */
public final class ModePolicy<S> {
  /** How long nothing may be lost anywhere before a source comes back. */
  static final long CALM_SECONDS = 60;

  /** The longest that a source waits after it came back too early again and again. */
  static final long MAX_CALM_SECONDS = 16 * CALM_SECONDS;

  private final Map<S, Reduced> reduced = new HashMap<>();
  private final Map<S, Long> nextCalm = new HashMap<>();
  private long lastLossSecond = Long.MIN_VALUE / 2;

  /**
   * A source's last interval.
   *
   * @param packets received in it
   * @param dropped lost in it, by the kernel or by us
   */
  public record Load<S>(S source, long packets, long dropped) {}

  /** A source that is to be captured in another mode. */
  public record Change<S>(S source, CaptureMode mode) {}

  private record Reduced(long sinceSecond, long calmSeconds) {}

  /**
   * Looks at the loads of all sources that are configured for every header.
   *
   * @param nowSecond of any clock that only rises
   */
  public List<Change<S>> decide(long nowSecond, Collection<Load<S>> loads) {
    forgetAllBut(loads);
    boolean lost = loads.stream().anyMatch(load -> load.dropped() > 0);
    if (lost) {
      lastLossSecond = nowSecond;
      return reduceBusiest(nowSecond, loads);
    }
    return restoreOne(nowSecond);
  }

  /** Whether a source is watched by its edges now. */
  public boolean isReduced(S source) {
    return reduced.containsKey(source);
  }

  private List<Change<S>> reduceBusiest(long nowSecond, Collection<Load<S>> loads) {
    Optional<S> busiest =
        loads.stream()
            .filter(load -> !isReduced(load.source()))
            .max(Comparator.comparingLong(load -> load.packets() + load.dropped()))
            .map(Load::source);
    List<Change<S>> changes = new ArrayList<>();
    busiest.ifPresent(
        source -> {
          long calm = nextCalm.getOrDefault(source, CALM_SECONDS);
          nextCalm.put(source, Math.min(2 * calm, MAX_CALM_SECONDS));
          reduced.put(source, new Reduced(nowSecond, calm));
          changes.add(new Change<>(source, CaptureMode.EDGES));
        });
    return List.copyOf(changes);
  }

  private List<Change<S>> restoreOne(long nowSecond) {
    Optional<S> ready =
        reduced.entrySet().stream()
            .filter(entry -> nowSecond - lastLossSecond >= entry.getValue().calmSeconds())
            .filter(
                entry ->
                    nowSecond - entry.getValue().sinceSecond() >= entry.getValue().calmSeconds())
            .min(Comparator.comparingLong(entry -> entry.getValue().sinceSecond()))
            .map(Map.Entry::getKey);
    ready.ifPresent(reduced::remove);
    return ready.map(source -> new Change<>(source, CaptureMode.HEADERS)).stream().toList();
  }

  private void forgetAllBut(Collection<Load<S>> loads) {
    List<S> present = loads.stream().map(Load::source).toList();
    reduced.keySet().retainAll(present);
    nextCalm.keySet().retainAll(present);
  }
}
