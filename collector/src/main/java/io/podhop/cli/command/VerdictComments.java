package io.podhop.cli.command;

import io.podhop.cli.render.CaptureText;
import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Trace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the packet that each connection began with: the one that was captured at the point and at
 * the nanosecond where the trace has its first hop. Hops of the far node were shifted by its
 * clock's offset, packets were not.
 */
final class VerdictComments {
  private final Map<String, Integer> points = new HashMap<>();
  private final Map<At, List<Integer>> candidates = new HashMap<>();
  private final List<Trace> traces;
  private final Set<At> captured = new HashSet<>();

  private record At(int point, long timeNs) {}

  VerdictComments(List<ObservationPoint> points, List<Trace> traces) {
    for (int i = 0; i < points.size(); i++) {
      this.points.put(points.get(i).identity(), i);
    }
    this.traces = List.copyOf(traces);
    for (int i = 0; i < traces.size(); i++) {
      for (At at : beginnings(traces.get(i))) {
        candidates.computeIfAbsent(at, _ -> new ArrayList<>(1)).add(i);
      }
    }
  }

  /** The hops that the connection may be marked at, the first first. */
  private List<At> beginnings(Trace trace) {
    List<At> beginnings = new ArrayList<>();
    trace.hops().stream()
        .filter(hop -> hop.direction() == Direction.REQUEST)
        .<Hop.Observed>mapMulti(
            (hop, to) -> {
              if (hop instanceof Hop.Observed seen) {
                to.accept(seen);
              }
            })
        .sorted(Comparator.comparingLong(Hop.Observed::timeNs))
        .forEach(
            seen -> {
              Integer point = points.get(seen.point().identity());
              if (point != null) {
                beginnings.add(new At(point, seen.timeNs()));
                beginnings.add(new At(point, seen.timeNs() + trace.offset().offsetNs()));
              }
            });
    return beginnings;
  }

  /** To be told of every packet before the first comment is asked for. */
  void see(int point, long timeNs) {
    if (!candidates.isEmpty()) {
      At at = new At(point, timeNs);
      if (candidates.containsKey(at)) {
        captured.add(at);
      }
    }
  }

  /** The packets that get a comment. */
  Found find() {
    Map<At, String> comments = new HashMap<>();
    for (Trace trace : traces) {
      beginnings(trace).stream()
          .filter(captured::contains)
          .filter(at -> !comments.containsKey(at))
          .findFirst()
          .ifPresent(at -> comments.put(at, CaptureText.comment(trace)));
    }
    return new Found(comments);
  }

  /** Comments by packet; each is given out once. */
  static final class Found {
    private final Map<At, String> comments;

    private Found(Map<At, String> comments) {
      this.comments = comments;
    }

    /** Empty for most packets. */
    String take(int point, long timeNs) {
      if (comments.isEmpty()) {
        return "";
      }
      String comment = comments.remove(new At(point, timeNs));
      return comment == null ? "" : comment;
    }
  }
}
